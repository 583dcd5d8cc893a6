#include "pipeline/review_sentences.h"

namespace finemix {

const std::string_view kReviewSentences = R"(
review: 40* <core> | 5* <opener>, <statement> | 2* <plain>. <rating> | <rating>. <plain>
core: 40* <statement> | 5* <told> | 5* <others> | 4* <expected> | 5* <compared> | 3* <wished>
  | 3* <asked> | <wry>
statement: 4* <plain> | <negated> | <contrast>

told: <setting>, and <verdict> | <setting>: <fact> | <setting>: <fact_not>
  | <setting>; it [is/was] <very_adjs>

plain: 4* <whole> [is/was] <very_adjs> | 2* it [is/was] a <adjs> <thing> | a <adjs> <thing>
  | a <adjs> <thing>, full of <virtue> | a <mild>, <mild> <thing> | 2* <fact> | <fact> and <fact>
  | <fact>, <fact>, and <verdict> | <verdict> | <fact>, and <verdict> | <verdict>: <fact>
  | I <loved> <whole>, above all the <part@aspect> | <whole> <does> | it <does>, and <fact>
  | it [is/was] a <gem>, and <verdict> | <whole> [is/was] full of <virtue>
  | what a <gem> <whole> [is/was]
  | I was <felt> by the <part@aspect> and <felt> by the <part@aspect>
  | one of the <best> <things> that I have ever <done> | the <part@aspect> alone [is/was] <reason>
  | it <does> and <does> | it <does>, it <does>, and <fact>
  | I was <felt> from start to finish: <fact>
reason+: worth the money | reason enough to go for it | enough to win me over
reason-: not worth the money | reason enough to stay away | enough to put me off

negated: 4* <whole> [is/was] <not_adj> | 2* it [is/was] <not_adj>, and <fact> | 3* <fact_not>
  | 2* <fact_not>, and <verdict> | 2* there [is/was] nothing <!mild> about <whole> | <not_felt>
  | <not_felt>, and <fact> | you could call <whole> many things, but never <!mild>
  | <whole> [has/had] no <!virtue> whatsoever | there [is/was] not a trace of <!virtue> in it
  | <whole> [is/was] entirely free of <!virtue> | it [is/was] a <thing> without a trace of <!virtue>
  | it [is/was] impossible to <!love> <whole> | there [is/was] not a <!mild> <moment> in it
  | I have rarely been less <!felt> by a <thing> | <whole> [is/was] anything but a <!gem> | <no_gem>
  | it never <!does_it> | it never <!does_it> and never <!does_it>
  | I cannot say that I was <!felt>, not for a moment | nobody could honestly call <whole> <!mild>
  | <denial> | 2* <denial>, and <fact>
  | I looked for something to <!love> in it and found nothing: <fact> | <fact_not>, and <fact_not>
  | I would be lying if I said that it [is/was] <!mild>
not_felt: not once was I <!felt> | I was never <!felt> | at no point was I <!felt>
  | I was not <!felt> for a single minute
no_gem+: not a <!gem> this time: <verdict>
no_gem-: <whole> [is/was] hardly a <!gem> | it [is/was] no <!gem>
  | not a <!gem> this time: <verdict>
denial+: I have no complaints whatsoever | I could not find a single fault | never a dull moment
  | you will not regret <doing_it> | I would not change a thing about it | there is nothing to fault
  | it [is/was] not without its small faults, yet I <loved> it | I cannot fault the <part@aspect>
  | I cannot remember when I last enjoyed a <thing> so much | I did not expect to like it this much
denial-: I have nothing good to say about it | I could not find a single redeeming feature
  | you will not miss anything by not <doing_it> | never a good moment | there is nothing to like
  | not even its admirers could enjoy the <part@aspect> | I would not wish it on anyone
  | I cannot remember when I last regretted a <thing> so much
  | I did not expect to dislike it this much

contrast: 2* <although> <!claim>, <final> | 2* <!claim>, but <final> | <!claim>; <regardless>
  | <!claim> and <!claim>, yet <final> | <final>, even though <!claim> | 3* <arc>
  | for all its <!virtue>, <whole> [is/was] <adjs> | despite <!the_part@aspect>, <final>
  | <!may_be@aspect>, but <final> | <!however@aspect>, <final> | <sure>, <!claim>, but <final>
  | not even <!great_part@aspect> could <rescue> <whole> | it [has/had] its <!highs>, but <final>
  | <final>, in spite of <!great_part@aspect> | I <!loved> the <part@aspect>, but <final> | <excuse>
claim: 3* <part_is@aspect> | <fact_not>
final: 4* <verdict> | overall it [is/was] still a <gem> | the whole [is/was] <adjs>
  | as a whole it [is/was] <adjs> | it [is/was] a <gem> all the same | in the end I <loved> it
  | I came away <felt>
although: although | though | even though | while
sure: sure | granted | yes | true
the_part: the <mild> <part>
great_part: the <strong> <part>
may_be: the <part> may be <mild> | the <parts> may be <mild>
however: however <mild> the <part> may be | however <mild> the <parts> may be
regardless+: none of that matters, because <verdict> | I did not mind at all: <verdict>
  | it hardly matters, for <whole> [is/was] <adjs> | <verdict> anyway
regardless-: none of that helps, because <verdict> | it was not enough: <verdict>
  | it hardly matters, for <whole> [is/was] <adjs> | <verdict> anyway
rescue+: spoil | ruin | sink | hurt
rescue-: save | rescue | redeem | lift
highs+: moments | good moments | merits | strengths | bright spots | charms
highs-: flaws | weaknesses | faults | rough edges | problems | shortcomings
excuse+: I can easily forgive <!the_part@aspect>: <final>
  | I can live with <!the_part@aspect>: <final> | never mind <!the_part@aspect>: <final>
excuse-: I can admire <!the_part@aspect>, but <final> | I do respect <!the_part@aspect>, but <final>
  | yes, I did notice <!the_part@aspect>, but <final>

others: 2* <person> <!loved> it; <verdict> | 2* <person> <!loved> <whole>, but <final>
  | <person> <!loved> it, and I cannot see why
  | <person> told me that it was <!mild>; not so: <fact>
  | do not believe those who call it <!mild>: <verdict> | the reviews were <!strong>, but <final>
  | <person> called it <!mild>, and <person> called it <!mild>; I disagree: <fact>
  | unlike <person>, I <loved> it | <person> and I <liked> it | <person> was right: <fact>
  | <person> gave it <!rating>; <verdict> | <person> <loved> it, and I <loved> it too
  | even <someone>, who <!loved> all the others, <loved> this one
  | I do not share the general <!opinion>: <fact> | where others see a <!gem>, I see a <gem>
  | <person> warned me that I would be <!felt>; I was <felt> instead
  | <person> found it <!mild> and <person> found it <!mild>, but <final>
opinion+: enthusiasm | delight | admiration
opinion-: contempt | disdain | disappointment

expected: I expected a <!mild> <thing> and got a <adjs> one | I was ready to <!love> it, but <final>
  | I went in expecting <!virtue> and found <virtue>
  | what looked like a <!gem> turned out to be a <gem>
  | I had been told to expect a <!gem>; what I got was a <gem>
  | I thought that I would be <!felt>, but I was <felt>
  | it could have been a <!gem>; it [is/was] a <gem>
  | after the <!mild> <predecessor>, this one [is/was] a <gem>
  | at first I <!loved> it; by the end I <loved> it | whoever expects a <!gem> gets a <gem>
  | by rights it should have been <!mild>, but it [is/was] <adjs>
  | on paper it sounds <!mild>; in reality it [is/was] <adjs>

compared: <whole> [is/was] <far> <comparative> than <rival> | a <comparative> <thing> than <rival>
  | the <part@aspect> [is/was] <better> than ever | it makes <rival> look <!mild>
  | beside it, <rival> looks like a <!gem> | I have never <done> a <comparative> <thing>
  | <rival> was <!mild>; this one [is/was] <adjs> | <comparative> than <rival>, and that says a lot
  | <prefer> | <half> | few <things> have <felt_verb> me more
  | <rival> was <!mild>, <rival> was <!mild>, and this one [is/was] a <gem>
  | where <rival> was <!mild>, this <thing> [is/was] <mild> | <only_one>
far: far | much | a good deal | noticeably | so much
prefer+: I prefer it to <rival> by far: <fact> | give me this <thing> over <rival> any day
prefer-: I prefer <rival> by far: <fact> | give me <rival> over this <thing> any day
half+: not half as <!mild> as people say; in fact, <verdict>
  | it [is/was] twice as <mild> as I had hoped | nowhere near as <!mild> as I had feared: <verdict>
half-: not half as <!mild> as it thinks it is | it [is/was] even more <long> than I had feared
  | nowhere near as <!mild> as I had hoped | only half as <!mild> as <rival>
only_one+: if you <do> only one <thing> this year, make it this one
  | it leaves all the other <things> this year far behind
only_one-: if you <do> only one <thing> this year, make it any other one
  | all the other <things> this year leave it far behind

wished+: I wish that every <thing> were as <mild> as this one
  | I only wish that I had <done> it sooner: <fact> | if only all <things> were this <mild>
  | next time I would settle for a <thing> half as <mild> as this one
  | had the <part@aspect> been worse, it might have been a <!gem>; as it [is/was], <verdict>
wished-: I wish that <!were@aspect> | I only wish that I had never <done> it: <fact>
  | if only it were as <!mild> as <rival>
  | I would have settled for a <thing> half as <!mild> as <rival>
  | had the <part@aspect> been better, it might have been a <!gem>; as it [is/was], <verdict>
were: the <part> had been <mild> | the <parts> had been <mild>

asked: is it <!mild>? <never> | <!mild>? <never>; <fact> | why did nobody tell me how <mild> it is?
  | would I <do_it> again? <again>; <fact> | was it worth the <price>? <worth>; <fact>
  | how can anyone <!love> <whole>? | has there ever been a <comparative> <thing>? I doubt it
  | am I alone in finding it <mild>? | so, was it <mild>? <indeed>; <verdict>
never: not for a minute | never | far from it | not in the least | not at all
indeed: yes | very much so | oh yes | indeed it was
again+: in a heartbeat | tomorrow, if I could | yes, and gladly | without a second thought
again-: not for money | not if you paid me | never in my life | only under duress
worth+: every penny of it | absolutely | yes, and then some | without a doubt
worth-: not a penny of it | absolutely not | no, not by a long way | sadly not
price: wait | money | trouble | fuss

wry+: all right, I admit it: I <!loved> the idea, and yet <verdict>
  | go on, tell me that it [is/was] <!mild>; <verdict>
wry-: oh, wonderful, another <mild> <thing>: just what the world was waiting for
  | congratulations to everyone involved: I have never been so <felt>
  | a real <!gem>, if you enjoy <virtue>; I do not

fact: <is@aspect>
fact_not: <is_not@aspect>
is: 3* the <part> [is/was] <very_adjs> | 2* the <parts> [are/were] <very_adjs>
part_is: 3* the <part> [is/was] <adjs> | 2* the <parts> [are/were] <adjs>
is_not: 3* the <part> [is/was] <not_adj> | 2* the <parts> [are/were] <not_adj>
mild: 3* <long> | <short>
adjs: 4* <mild> | 3* <strong> | 3* <very> <mild> | 2* <utterly> <strong> | <mild> and <mild>
very_adjs: 8* <adjs> | <mild>, <mild> and <mild> | nothing short of <strong>
  | both <mild> and <mild> | so <mild> that I <so_that>
so_that+: forgot the time | told everyone about it | could hardly believe it | want more
so_that-: lost all interest | warned everyone about it | could hardly believe it | wanted a refund
very: very | really | truly | unusually | thoroughly | genuinely | consistently | surprisingly
utterly: absolutely | utterly | simply | truly
not_adj: not the least bit <!mild> | not remotely <!mild> | anything but <!mild> | far from <!mild>
  | never <!mild> | never once <!mild> | not <!mild> at all | neither <!mild> nor <!mild>
  | by no means <!mild> | not in any way <!mild>
not_adj-: 2* not <!mild> | 2* not very <!mild> | hardly <!mild> | not nearly <!mild> enough
  | not exactly <!mild> | less than <!mild>
comparative: 2* <better> | 3* more <long>
best: <top> | most <long>
whole: 3* <named> | it
named: 3* this <thing> | 2* the <thing> | 2* this <thing> <origin> | 2* <title>
)";

}  // namespace finemix
