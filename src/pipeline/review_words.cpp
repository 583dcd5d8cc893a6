#include "pipeline/review_words.h"

namespace finemix {

const std::string_view kReviewWords = R"(
domain: 3* film | 3* book | 2* series | 2* restaurant | 2* hotel | 2* gadget | 2* appliance
  | 2* game | 2* album | podcast | play
subject@film: work
subject@series: work
subject@play: work
subject@book: work
subject@game: work
subject@podcast: work
subject@album: work
subject@restaurant: place
subject@hotel: place
subject@gadget: device
subject@appliance: device
aspect@work: art
aspect@restaurant: 3* food | 2* staff | dining
aspect@hotel: 3* room | 2* staff | food
aspect@gadget: hardware | software
aspect@appliance: hardware

short+: good | nice
short-: bad | poor
long+: impressive | remarkable | admirable
long-: unimpressive | disappointing | mediocre
strong+: wonderful | excellent | superb | terrific | fantastic | outstanding | splendid | first-rate
  | magnificent | marvellous | exceptional | brilliant | top-notch | perfect | sensational
  | world-class
strong+@art: exquisite | glorious | stunning | ravishing
strong-@art: embarrassing | painful | unbearable | laughable
strong+@work: glorious | stunning | unforgettable
strong-@work: embarrassing | unbearable | insufferable
strong+@food: exquisite | heavenly | divine
strong-@food: disgusting | revolting
strong-: awful | terrible | dreadful | abysmal | horrible | atrocious | dismal | hopeless
  | appalling | lousy | pitiful | woeful | disastrous | ghastly | wretched | deplorable | third-rate
  | lamentable
better+: better | stronger
better-: worse | poorer | weaker
top+: best | finest | loveliest
top-: worst | poorest | weakest

short+@art: clever | fresh | sharp | lively | subtle
short-@art: dull | flat | stale | bland | tired | clumsy | hollow | weak | sloppy
long+@art: inventive | charming | elegant | memorable | imaginative | engaging | compelling
  | graceful | polished | captivating | absorbing | original | moving | stylish | thoughtful
  | expressive | delightful | vivid | enchanting | beguiling | nuanced | heartfelt | satisfying
  | pleasing | convincing | accomplished
long-@art: boring | tedious | predictable | lifeless | uninspired | repetitive | pretentious
  | sluggish | monotonous | formulaic | tiresome | unoriginal | half-hearted | awkward | wearisome
  | forgettable | contrived | laboured | grating | derivative | soulless | feeble | underwhelming
  | lacklustre | frustrating
short+@work: funny | witty | clever | fresh | warm | wise
short-@work: dull | flat | stale | bland | slow | shallow | silly | weak | sloppy
long+@work: gripping | moving | entertaining | touching | intelligent | rewarding | refreshing
  | inventive | charming | memorable | imaginative | engaging | compelling | absorbing | original
  | thoughtful | enjoyable | delightful | enthralling | uplifting | spellbinding | captivating
  | satisfying
long-@work: boring | tedious | predictable | overlong | confusing | humourless | pointless | preachy
  | tasteless | soulless | muddled | unfocused | self-indulgent | forgettable | lifeless
  | repetitive | pretentious | formulaic | tiresome | dreary | exhausting | incoherent | irritating
  | underwhelming | lacklustre

short+@place: clean | cosy | friendly | warm | bright | quiet
short-@place: dirty | gloomy | noisy | dull | shabby | grubby
long+@place: welcoming | charming | relaxed | generous | comfortable | delightful | inviting
  | elegant | memorable | enjoyable | hospitable | romantic | well run | atmospheric
long-@place: overpriced | unwelcoming | cramped | depressing | chaotic | pretentious | unfriendly
  | uncomfortable | forgettable | soulless | overcrowded | unpleasant | badly run | stuffy
short+@food: tasty | fresh | hearty | rich
short-@food: bland | soggy | greasy | dry
long+@food: delicious | flavourful | well seasoned | tempting | appetising | inventive | generous
  | mouth-watering | carefully prepared
long-@food: tasteless | overcooked | undercooked | oversalted | unappetising | lukewarm | inedible
  | burnt | carelessly prepared
short+@staff: friendly | kind | helpful | warm | quick | patient
short-@staff: rude | surly | slow | grumpy | cold
long+@staff: attentive | courteous | professional | welcoming | thoughtful | charming | considerate
  | efficient | gracious | obliging
long-@staff: indifferent | unhelpful | dismissive | careless | inattentive | impatient | arrogant
  | unfriendly | incompetent | patronising
short+@room: clean | bright | quiet | cosy
short-@room: dirty | dark | noisy | damp | grubby
long+@room: spacious | comfortable | spotless | elegant | inviting | well kept | restful | airy
long-@room: cramped | uncomfortable | shabby | stuffy | draughty | depressing | neglected | run-down
short+@dining: cosy | bright | warm | clean
short-@dining: noisy | gloomy | cold | dirty
long+@dining: inviting | elegant | comfortable | romantic | charming | spotless
long-@dining: cramped | uncomfortable | depressing | shabby | stuffy | overcrowded
short+@device: sturdy | quick | handy | smart
short-@device: flimsy | slow | clumsy | shoddy
long+@device: reliable | dependable | practical | powerful | useful | well made | versatile
  | durable | satisfying | well designed | efficient
long-@device: unreliable | useless | fragile | impractical | temperamental | badly made | overpriced
  | frustrating | badly designed | inefficient | clunky | underwhelming
short+@hardware: sturdy | neat | sound
short-@hardware: flimsy | shoddy | cheap | clumsy
long+@hardware: reliable | dependable | well made | robust | well designed | durable | practical
  | pleasing
long-@hardware: unreliable | fragile | badly made | defective | badly designed | impractical
  | useless
short+@software: clear | quick | simple | smooth
short-@software: slow | clumsy | messy | buggy
long+@software: intuitive | responsive | reliable | helpful | well designed | logical | polished
long-@software: confusing | unresponsive | unreliable | useless | badly designed | annoying
  | illogical

gem+: joy | delight | triumph | treat | gem | success | winner | pleasure
gem-: disappointment | letdown | disaster | failure | mess | dud | flop | mistake
gem+@work: masterpiece | marvel | wonder | classic | feast | tour de force
gem-@work: bore | chore | slog | shambles | waste of time | train wreck | misfire
gem+@place: little paradise | haven | real find | jewel | oasis
gem-@place: tourist trap | rip-off | nightmare | waste of an evening
gem+@device: bargain | marvel | workhorse | little wonder | keeper
gem-@device: waste of money | lemon | piece of junk | nuisance | rip-off
virtue+@work: wit | charm | heart | warmth | energy | imagination | tension | depth | insight
  | tenderness | grace | invention | life | humanity | feeling
virtue-@work: cliche | padding | self-pity | pretension | sentimentality | bombast | filler | tedium
  | confusion | laziness | nonsense | pomposity | bluster | monotony
virtue+@place: charm | character | warmth | hospitality | comfort | atmosphere | generosity | style
virtue-@place: dirt | noise | indifference | gloom | rudeness | dust | stale smoke | chaos
  | pretension
virtue+@device: quality | precision | good sense | polish | craftsmanship
virtue-@device: cheap plastic | needless fuss | bad design | trouble | frustration | gimmickry

felt+: delighted | impressed | thrilled | won over
felt-: disappointed | irritated | annoyed | frustrated | let down | dismayed
felt+@work: moved | charmed | captivated | entertained | enchanted | touched
felt-@work: bored | exhausted | baffled
felt+@place: charmed | enchanted | touched
felt-@place: exhausted | baffled
felt_verb+: delighted | impressed | thrilled
felt_verb-: disappointed | irritated | exhausted | annoyed | frustrated
felt_verb+@work: moved | charmed | touched
felt_verb-@work: bored
love+: like | enjoy | admire | recommend | praise
love-: dislike | criticise | fault | complain about | detest
loved: <liked>
loved+: was thrilled by | was very happy with
loved-: was bored by | was annoyed by
liked+: loved | adored | enjoyed | fell for | treasured
liked-: hated | loathed | disliked | regretted | detested
rating+: 9 out of 10 | 8 out of 10 | 10 out of 10 | five stars | four and a half stars | full marks
  | 5 stars out of 5 | 19 points out of 20
rating-: 2 out of 10 | 1 out of 10 | 3 out of 10 | one star | half a star | no stars at all
  | 1 star out of 5 | 4 points out of 20
opener: honestly | frankly | in short | all in all | to be honest | simply put | make no mistake
  | for what it is worth | no two ways about it | let me be frank | I have to say | truth be told
  | looking back
person: 5* <someone> | everybody at work | the critic in my paper | my whole family
  | half the internet
someone: my sister | my brother | my wife | my husband | my neighbour | my flatmate | my boss
  | my aunt | my daughter | a colleague | <first_name> | <first_name> | my friend <first_name>
first_name: Marta | Jonas | Priya | Tomas | Helen | Kofi | Ingrid | Samuel | Leila | Oscar | Nadia
  | Felix | Rosa | Henrik | Amira | Walter | Yuki | Clara | Dmitri | Grace
last_name: Lindqvist | Okafor | Brandt | Moreau | Castellan | Whitlock | Novak | Hargreaves | Ibarra
  | Tanaka | Pellegrin | Osei | Kowalski | Fairweather | Dahl | Marchetti
full_name: <first_name> <last_name>
few: two | three | four | five | six
many: twenty | thirty | forty | fifty | 25 | 45 | 60 | ninety
span: two weeks | a month | three days | ten days | a week | five days
soon: an hour | a day | two days | a week | a few hours
ages: half a year | a year | 18 months | many weeks | two years

thing@film: 3* film | 3* movie | picture | thriller | comedy | drama | western | heist film
  | road movie | courtroom drama
things@film: films | movies | thrillers | comedies | dramas
thing@series: 3* series | 3* show | miniseries | crime series | sitcom | hospital drama | spy series
things@series: series | shows | crime series | sitcoms
thing@play: 3* play | 2* production | staging | musical | tragedy
things@play: plays | productions | musicals
thing@book: 3* book | 3* novel | debut | mystery | crime novel | historical novel | family saga
  | ghost story
things@book: books | novels | crime novels | mysteries
thing@game: 3* game | platformer | puzzle game | role-playing game | strategy game | adventure game
things@game: games | platformers | puzzle games | adventure games
thing@podcast: 3* podcast | interview show | true-crime podcast | history podcast
things@podcast: podcasts | shows
thing@album: 3* album | 2* record | debut | live album | concept album | comeback album
things@album: albums | records
thing@restaurant: 3* restaurant | 2* place | bistro | diner | cafe | noodle bar | pizzeria
  | curry house | steakhouse | tapas bar
things@restaurant: restaurants | places | diners | cafes
thing@hotel: 3* hotel | 2* place | guesthouse | hostel | inn | seaside hotel | bed and breakfast
  | lodge
things@hotel: hotels | places | guesthouses | inns
thing@gadget: phone | laptop | tablet | camera | smartwatch | e-reader | fitness tracker
  | music player
things@gadget: phones | laptops | tablets | gadgets
thing@appliance: kettle | toaster | vacuum cleaner | coffee machine | blender | hair dryer | fan
  | food processor | bread maker | lawnmower | drill
things@appliance: kettles | toasters | machines | tools

part@film: plot | script | story | ending | dialogue | acting | score | camera work | direction
  | opening scene | final act | lead performance | editing | humour | soundtrack | love story
  | climax
parts@film: performances | jokes | characters | twists | action scenes | last ten minutes | songs
part@series: plot | writing | acting | pilot | finale | dialogue | second season | storyline
  | ending | lead performance | opening episode | humour | theme music
parts@series: characters | episodes | performances | jokes | twists | last two episodes
part@play: acting | staging | script | dialogue | second act | ending | lead performance | direction
  | set design | music | final scene
parts@play: performances | characters | monologues | jokes | songs
part@book: plot | prose | ending | dialogue | opening chapter | narrator | heroine | writing | story
  | final chapter | style | translation | middle section
parts@book: characters | descriptions | chapters | twists | metaphors | last fifty pages
part@game: story | combat | level design | soundtrack | ending | art style | writing | tutorial
  | campaign | voice acting | final level
parts@game: puzzles | levels | characters | boss fights | missions | side quests
part@podcast: host | writing | editing | storytelling | opening episode | sound design | banter
  | format
parts@podcast: interviews | episodes | stories | guests | jokes
part@album: singing | production | songwriting | opening track | guitar work | drumming
  | closing song | title track | second half | musicianship
parts@album: melodies | lyrics | songs | arrangements | choruses | harmonies
part@food: food | pasta | bread | fish | dessert | breakfast | lamb | rice | pie | chicken
  | omelette
parts@food: noodles | starters | vegetables | dumplings | pancakes | pastries | side dishes
  | main courses
part@staff: waiter | service | owner | manager | barman | head waiter
parts@staff: staff | waiters | people at the door | people behind the bar
part@dining: dining room | terrace | back room | bar area
parts@dining: tables by the window | upstairs rooms
part@room: room | bathroom | bedroom | lobby | suite | lounge | view from the window
parts@room: rooms | beds | corridors | bathrooms
part@hardware: build | handle | casing | switch | power supply | hinge | stand | lid
parts@hardware: buttons | spare parts | cables
part@software: menu | app | setup | start screen | user interface
parts@software: menus | controls | settings | voice commands
part@device: design
moment@film: scene
moment@series: episode | scene
moment@play: scene | line
moment@book: page | chapter | sentence
moment@game: level | minute
moment@podcast: minute | episode
moment@album: song | note | track
moment@restaurant: dish | course
moment@hotel: room | corner
moment@device: feature | detail

do@film: see | watch
do@series: watch
do@play: see
do@book: read
do@game: play
do@podcast: hear
do@album: hear
do@place: visit
do@device: buy
done@film: seen | watched
done@series: watched | seen
done@play: seen
done@book: read
done@game: played
done@podcast: heard | listened to
done@album: heard | listened to
done@place: visited
done@device: owned | used
do_it@film: watch it
do_it@series: watch it
do_it@play: see it
do_it@book: read it
do_it@game: play it
do_it@podcast: listen to it
do_it@album: listen to it
do_it@restaurant: eat there
do_it@hotel: stay there
do_it@device: buy it
doing_it@film: watching it | seeing it
doing_it@series: watching it
doing_it@play: going to see it
doing_it@book: reading it
doing_it@game: playing it
doing_it@podcast: listening to it
doing_it@album: listening to it
doing_it@restaurant: going there | eating there
doing_it@hotel: staying there | booking it
doing_it@device: buying it | ordering it

predecessor@film: first film | original | remake | trailer | novel
predecessor@series: first season | original | pilot | remake
predecessor@play: film version | original | last revival
predecessor@book: first book | film version | prequel | last volume
predecessor@game: first game | original | demo | last instalment
predecessor@podcast: first season | older show | radio version
predecessor@album: first album | last record | live version | earlier one
predecessor@restaurant: place next door | canteen at work | bistro across the street
  | station buffet
predecessor@hotel: hotel next door | youth hostel | inn across the road | campsite
predecessor@device: old one | previous model | one I returned | one from the supermarket
  | older version
rival: the <predecessor> | the <predecessor> | the last one

title@film: The <adj_name> <noun_name> | <noun_name> at <place_name> | <full_name>'s latest
title@series: The <adj_name> <noun_name> | <place_name> Nights | <full_name>'s new series
title@play: The <adj_name> <noun_name> | <full_name>'s new production
title@book: The <adj_name> <noun_name> | A <noun_name> in <place_name> | <full_name>'s second novel
title@game: <adj_name> <noun_name> 2 | The <noun_name> of <place_name>
title@podcast: The <noun_name> Hour | <full_name>'s podcast
title@album: The <adj_name> <noun_name> | <full_name>'s third album
title@restaurant: The <adj_name> <noun_name> | Chez <last_name> | Casa <last_name>
title@hotel: the Hotel <last_name> | the <place_name> Inn | the Grand <place_name>
title@gadget: the <brand> 3 | the <brand> 700 | my new <brand>
title@appliance: the <brand> 3 | the <brand> 700 | my new <brand>
adj_name: Glass | Paper | Silent | Copper | Winter | Hidden | Crooked | Scarlet | Second | Distant
  | Painted | Velvet
noun_name: Orchard | Harbour | Lantern | Sparrow | Garden | Bridge | Clock | Letter | River
  | Lighthouse | Fox | Staircase
place_name: Lowell | Ashford | Carrow | Belmonte | Tarn | Easterly | Wexcombe | Marlow
brand: Norvik | Halden | Quanta | Brightwell | Orsola | Tamaki

origin@film: <story> | by <full_name> | from <place_name>
origin@series: <story> | by <full_name>
origin@play: <story> | by <full_name>
origin@book: <story> | by <full_name>
origin@game: <story> | from the makers of The <adj_name> <noun_name>
origin@podcast: <story> | with <full_name>
origin@album: by <full_name> | by The <adj_name> <noun_name>s | from <place_name>
origin@restaurant: <where> | run by <full_name>
origin@hotel: <where> | run by <full_name>
origin@device: from <brand> | for <price_tag> | with the <colour> finish
story: about <hero> | about <hero> and <hero> | set in <place_name> | about <hero> in <place_name>
hero: two brothers | a lighthouse keeper | a missing violin | a retired judge | a village teacher
  | a family of bakers | a stolen map | an old ferry | a young doctor | a chess player | a lost dog
  | three sisters | a night porter | a clockmaker
where: on the harbour | near the station | behind the market hall | by the river | in <place_name>
  | in the old town | at the airport | above the bakery | off the motorway
price_tag: 29 euros | 80 dollars | 250 pounds | 15 euros | 399 dollars
colour: blue | grey | white | red | green | black
setting@film: I saw it <when> | we saw it <when>, <few> of us | <someone> took me to see it <when>
setting@series: I watched it <when> | we watched all of it in <span> | <someone> made me watch it
setting@play: we saw it <when> | <someone> took me to see it <when> | I had a seat in row <few>
setting@book: I read it <when> | I took it with me on a long flight | <someone> lent it to me <when>
setting@game: I played it <when> | <someone> and I played it together <when>
  | I have played it for <span>
setting@podcast: I heard it <when> | I listened to it on the train <when>
  | <someone> sent it to me <when>
setting@album: I heard it <when> | I have listened to it for <span>
  | <someone> played it to me <when>
setting@restaurant: we ate there <when> | <someone> took me there <when>
  | we had a table for <few> <when>
setting@hotel: we stayed there for <span> | I stayed there <when>
  | <someone> booked it for us <when>
setting@device: I have had it for <span> | I have had it for <ages> | I bought it <when>
  | <someone> gave it to me <when>
when: on a rainy Sunday | last night | on my birthday | in early May | on a Tuesday
  | during the holidays | in the week before Christmas | last summer | <few> weeks ago
  | on New Year's Day | in October

verdict+: I would gladly <do_it> again | I cannot recommend it enough | I loved every minute of it
  | I am still smiling | it [is/was] worth every penny | I have told all my friends to <do_it>
  | I regret nothing | I can only say thank you | it made my week | I would <do_it> again tomorrow
  | I could hardly have asked for more
verdict-: I would never <do_it> again | I cannot recommend it to anyone | I hated every minute of it
  | I am still angry | it [is/was] not worth a penny | I have told all my friends not to <do_it>
  | I regret all of it | I can only say sorry to those I took along
  | I would not <do_it> again for money | it spoiled my week | I could hardly have asked for less
verdict+@work: it won me over completely | I did not want it to end | I want more of it
  | it has stayed with me for <ages> | I forgot the time | I laughed and I cried
  | it deserves every prize there is | I could have gone on for hours
verdict-@work: it lost me completely | I could not wait for it to end | I want those hours back
  | I forgot it within <soon> | I was looking at the clock all the time | I gave up halfway through
  | it does not deserve its prizes | I could not go on for another minute
verdict+@film: I went back to see it <few> times
  | I sat in the dark until the last name had rolled by | nobody in the cinema wanted to go home
  | I cried <few> times and laughed even more
verdict-@film: I walked out after <many> minutes | I fell asleep <few> times
  | everybody in the cinema wanted to go home
  | I looked at my watch <few> times before the first hour was up
verdict+@series: I watched <few> episodes in one night | I cannot wait for the next season
verdict-@series: I stopped after <few> episodes | I shall not be there for the next season
verdict+@play: we stood and clapped for <few> minutes
  | I have bought tickets for <few> more evenings
verdict-@play: we left at the interval | I counted the lamps in the ceiling, all <many> of them
verdict+@book: I could not put it down | I read it in one sitting | I read it <few> times in a row
  | I stayed up until <few> in the morning to finish it
verdict-@book: I could not finish it | I gave it away half read
  | I put it down <few> times and never went back | I stopped on page <many>
verdict+@game: I lost <few> nights to it and want them all to be like that
  | I finished it <few> times
verdict-@game: I deleted it after <many> minutes
  | I never got past the first <few> levels, nor wished to
verdict+@podcast: I missed my stop because of it, <few> times | I went straight to the next episode
verdict-@podcast: I switched it off after <many> minutes | I never went on to the next episode
verdict+@album: I have played it <many> times this week | I sing along with every song
verdict-@album: I have skipped every song at least once | I took it off after <few> songs
verdict+@place: we are going back next month | I have already booked again
  | we did not want to leave | I would happily drive <many> miles for it | it felt like home
  | we stayed an hour longer than planned
verdict-@place: we are not going back | I have asked for my money back | we could not wait to leave
  | I would happily drive <many> miles to avoid it | I longed for home
  | we left an hour earlier than planned
verdict+@restaurant: we ordered a second dessert | all <few> of us cleaned our plates
verdict-@restaurant: we left before dessert | all <few> of us went home hungry
verdict+@hotel: we added <few> nights to our stay | I slept like a child
verdict-@hotel: we left <few> nights early | I did not sleep at all
verdict+@device: it has not let me down once | I bought a second one for <someone>
  | I use it every single day | I would not part with it | it has worked for <ages> without a hitch
verdict-@device: it let me down at once | I sent it back after <soon> | it broke within <soon>
  | it now gathers dust in a drawer | I would not give it to <someone> | I have asked for a refund

does+: [deserves/deserved] all the praise it [gets/got] | [exceeds/exceeded] every expectation
  | [does/did] everything right | never [puts/put] a foot wrong
does-: [deserves/deserved] all the blame it [gets/got] | [falls/fell] short of every expectation
  | [does/did] everything wrong | never [gets/got] anything right
does+@work: [grips/gripped] from start to finish | won me over in minutes
  | [rewards/rewarded] every bit of attention | [lingers/lingered] in the mind
  | [gets/got] under the skin | [sparkles/sparkled] with ideas | [comes/came] together beautifully
  | [earns/earned] every tear | [soars/soared]
does-@work: [drags/dragged] from start to finish | lost me in minutes
  | [rewards/rewarded] no one's attention | [fades/faded] from the mind at once
  | [gets/got] on the nerves | [runs/ran] out of ideas | [falls/fell] apart badly
  | [tries/tried] far too hard | [goes/went] nowhere | [falls/fell] flat
does+@place: [makes/made] every guest feel at home | [gets/got] all the little things right
  | [takes/took] care of everything
does-@place: [makes/made] every guest feel in the way | [gets/got] all the little things wrong
  | [takes/took] care of nothing
does+@device: [does/did] exactly what I [need/needed] | [makes/made] life easier
  | [runs/ran] like clockwork
does-@device: [does/did] nothing that I [need/needed] | [makes/made] life harder
  | [breaks/broke] all the time
does_it+: [delights/delighted] | [shines/shone] | [impresses/impressed] | [pleases/pleased]
does_it-: [disappoints/disappointed] | [fails/failed] | [annoys/annoyed] | [irritates/irritated]
does_it+@work: [grips/gripped] | [surprises/surprised] | [moves/moved] | [sparkles/sparkled]
  | [convinces/convinced] | [catches/caught] fire | [comes/came] alive
does_it-@work: [drags/dragged] | [bores/bored] | [stumbles/stumbled] | [sags/sagged]
  | [grates/grated] | [runs/ran] out of breath | [loses/lost] its way

arc+@work: it [starts/started] slowly but [grows/grew] into a <gem>
  | it [takes/took] an age to get going, and then it never [lets/let] go: <fact>
  | it [stumbles/stumbled] at first and [soars/soared] in the end, and <verdict>
  | what [begins/began] as a <!gem> [ends/ended] as a <gem>
  | the first half [is/was] <!mild>, but the second [makes/made] up for everything
  | just when it [threatens/threatened] to become <!mild>, it [turns/turned] into a <gem>
arc-@work: it [starts/started] well but [turns/turned] into a <gem>
  | it [takes/took] off at once, and then it never [gets/got] anywhere: <fact>
  | it [soars/soared] at first and [collapses/collapsed] in the end, and <verdict>
  | what [begins/began] as a <!gem> [ends/ended] as a <gem>
  | the first half [is/was] <!mild>, but the second [throws/threw] everything away
  | just when it [promises/promised] to become <!mild>, it [turns/turned] into a <gem>
arc+@place: it began badly and ended as a <gem>
  | we arrived in a bad mood and left in a good one: <fact>
  | the welcome was <!mild@staff_only>, but everything after that was <strong>
  | it does not look <mild> from outside, but inside it [is/was] a <gem>
arc-@place: it began well and ended as a <gem>
  | we arrived in a good mood and left in a bad one: <fact>
  | the welcome was <!mild@staff_only>, but everything after that was <strong>
  | it does not look <!mild> from outside, but inside it [is/was] a <gem>
staff_only: staff
arc+@device: it took <few> hours to set up, but it has run like a dream ever since
  | it looks <!mild> in the box, but in use it [is/was] <adjs>
  | the first one broke within <soon>; the replacement has been <adjs>
arc-@device: it took <few> minutes to set up and <few> days to break
  | it looks <!mild> in the box, but in use it [is/was] <adjs>
  | the first week was <!strong>; then it stopped working for good

wry+@work: be warned: <verdict>, and my sleep has suffered | my only regret: that it is over; <fact>
  | my only regret: that there is not more of it; <fact>
wry-@work: the best thing about it [is/was] that it [ends/ended]; <fact>
  | its one virtue: it [is/was] short; <fact>
wry+@place: terrible news for my purse: <verdict> | my only regret: that we had to go home; <fact>
wry-@place: the best thing about it was the bus home; <fact>
  | its one virtue: the exit was easy to find; <fact>
wry+@device: my only regret: that I waited so long; <fact>
  | terrible news for the old one: <verdict>
wry-@device: the best thing about it [is/was] the box; <fact>
  | its one virtue: it [fits/fitted] in the bin; <fact>
)";

}  // namespace finemix
