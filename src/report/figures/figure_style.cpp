#include "finemix/report/figures/figure_style.h"

namespace finemix {

// Hues are of the set that M. Okabe and K. Ito chose to be told apart by colour-blind people
// ("Color Universal Design", 2008); the dark theme has lighter ones of the same order.
std::string_view figure_style() {
  return R"css(.figure {
  --ink: #1b1f24; --soft: #59626e; --rule: #d4d9df; --faint: #eceff2; --paper: #ffffff;
  --acc: #0072b2; --asr: #d55e00; --mark: #c8102e;
  --s0: #0072b2; --s1: #d55e00; --s2: #009e73; --s3: #cc79a7;
  --s4: #a67c00; --s5: #3fa3dc; --s6: #5b4ea8; --s7: #6e6e6e;
  font-family: system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums;
}
@media screen and (prefers-color-scheme: dark) {
  .figure {
    --ink: #e6e9ed; --soft: #a3adb8; --rule: #3d4550; --faint: #262c34; --paper: #15191e;
    --acc: #56b4e9; --asr: #f08a3c; --mark: #ff5c6c;
    --s0: #56b4e9; --s1: #f08a3c; --s2: #2fc79b; --s3: #e59ac4;
    --s4: #e6c229; --s5: #8fd0ff; --s6: #a99af0; --s7: #b5b5b5;
  }
}
.figure text { font-size: 10.5px; fill: var(--ink); }
.figure .soft { fill: var(--soft); }
.figure .heading { font-weight: 600; }
.figure .value { font-size: 10px; fill: var(--soft); }
.figure .marktext { fill: var(--mark); font-weight: 600; }
.figure .halo { paint-order: stroke; stroke: var(--paper); stroke-width: 3px; stroke-linejoin: round; }
.figure .maptext { fill: #ffffff; font-weight: 600; paint-order: stroke; stroke: #10131a;
  stroke-width: 2.6px; stroke-linejoin: round; }
.figure .paper { fill: var(--paper); }
.figure .axis { stroke: var(--soft); stroke-width: 1; fill: none; }
.figure .grid { stroke: var(--rule); stroke-width: .6; fill: none; }
.figure .track { fill: var(--faint); }
.figure .cell { shape-rendering: crispEdges; }
.figure .hit { fill: transparent; }
.figure .density { fill: var(--acc); shape-rendering: crispEdges; }
.figure .dot { fill: none; stroke: var(--acc); stroke-width: 1; }
.figure .mark { fill: var(--mark); stroke: var(--paper); stroke-width: .8; }
.figure .leader { stroke: var(--mark); stroke-width: .7; fill: none; }
.figure .bar-acc { fill: var(--acc); }
.figure .bar-asr { fill: var(--asr); }
.figure .bar-acc-plain { fill: var(--acc); fill-opacity: .25; stroke: var(--acc); stroke-width: .8; }
.figure .bar-asr-plain { fill: var(--asr); fill-opacity: .25; stroke: var(--asr); stroke-width: .8; }
.figure .whisker { stroke: var(--ink); stroke-width: 1; fill: none; }
.figure .floor { stroke: var(--ink); stroke-width: 1.2; stroke-dasharray: 3 2; fill: none; }
.figure .contour-edge { stroke: #10131a; stroke-width: 2.6; stroke-opacity: .55; fill: none; }
.figure .contour { stroke: #ffffff; stroke-width: 1.2; fill: none; }
.figure .place { fill: #ffffff; stroke: #10131a; stroke-width: 1.4; }
.figure .curve { fill: none; stroke-width: 1.8; stroke-linejoin: round; stroke-linecap: round; }
.figure .plain { stroke-dasharray: 5 3; }
.figure .l0 { stroke: var(--s0); } .figure .l1 { stroke: var(--s1); }
.figure .l2 { stroke: var(--s2); } .figure .l3 { stroke: var(--s3); }
.figure .l4 { stroke: var(--s4); } .figure .l5 { stroke: var(--s5); }
.figure .l6 { stroke: var(--s6); } .figure .l7 { stroke: var(--s7); }
.figure .f0 { fill: var(--s0); } .figure .f1 { fill: var(--s1); }
.figure .f2 { fill: var(--s2); } .figure .f3 { fill: var(--s3); }
.figure .f4 { fill: var(--s4); } .figure .f5 { fill: var(--s5); }
.figure .f6 { fill: var(--s6); } .figure .f7 { fill: var(--s7); }
.figure .hollow { fill: var(--paper); stroke-width: 1.4; }
)css";
}

}  // namespace finemix
