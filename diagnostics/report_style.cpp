#include "diagnostics/report_style.hpp"

namespace myriad::diag::detail {

// Lines keep their colour over the whole page: blue forecast, orange control, grey persistence,
// green climate, ink truth. Each has its own dash or width as well, so that no line is told by its
// colour alone. Every colour of text stands out 4.5 to 1 against card and paper (WCAG 2.1, 1.4.3).
std::string_view report_style() {
  return R"css(
:root{color-scheme:light dark;--paper:#faf8f4;--card:#fffefb;--ink:#20262b;--soft:#5d6870;--rule:#e2ddd2;--grid:#ebe6dc;
--accent:#0f6b7c;--mean:#1466a8;--control:#b8520f;--persist:#8b8f94;--climate:#437d2a;--truth:#20262b;--third:#8a4fa3;--good:#1466a8;--bad:#a8480b;
--serif:"Iowan Old Style","Charter","Bitstream Charter","Sitka Text","Cambria","Georgia",serif;
--sans:system-ui,-apple-system,"Segoe UI","Roboto","Noto Sans","Liberation Sans","DejaVu Sans",sans-serif}
@media screen and (prefers-color-scheme:dark){:root{--paper:#14181b;--card:#1b2024;--ink:#e9e6df;--soft:#a1abb2;--rule:#313940;
--grid:#2a3137;--accent:#6cc3d1;--mean:#6fb4ef;--control:#f0985a;--persist:#8f979e;--climate:#93c974;--truth:#f4f1ea;--third:#c79be0;--good:#6fb4ef;--bad:#f0985a}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:1.0625rem/1.6 var(--serif);font-kerning:normal;
font-variant-numeric:oldstyle-nums proportional-nums;text-rendering:optimizeLegibility}
main,header,footer{max-width:72rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:2.75rem}
h1,h2,h3{font-weight:600;line-height:1.2;text-wrap:balance;margin:0}
h1{font-size:clamp(1.8rem,4.2vw,2.7rem);letter-spacing:-.012em}
h2{font-size:1.6rem;margin:0 0 .4rem;letter-spacing:-.008em}
h3{font:600 1.08rem/1.3 var(--sans);margin:2rem 0 .2rem}
h4{font:600 .92rem/1.3 var(--sans);margin:1.1rem 0 -.5rem;color:var(--soft)}
p{margin:.5rem 0;max-width:68ch}
.kicker{font:600 .78rem/1.4 var(--sans);letter-spacing:.09em;text-transform:uppercase;color:var(--accent);margin:0 0 .6rem}
.lead{font-size:1.2rem;line-height:1.55;max-width:62ch}
.facts{font:.92rem/1.5 var(--sans);color:var(--soft);font-variant-numeric:lining-nums}
nav{font:.92rem/1.5 var(--sans);margin:1.4rem 0 0;padding:.7rem 0;border-block:1px solid var(--rule)}
nav a{margin-right:1.2rem;white-space:nowrap}
.js nav.tabs{position:sticky;top:0;z-index:2;display:flex;gap:.25rem;overflow-x:auto;padding:.45rem max(1.25rem,calc(50vw - 34.75rem));background:var(--paper);scrollbar-width:thin}
.js nav.tabs a{flex:none;margin:0;padding:.4rem .8rem;border-radius:.4rem;color:var(--soft);text-decoration:none}
.js nav.tabs a:hover{color:var(--ink);background:var(--grid)}
.js nav.tabs a[aria-selected=true]{color:var(--ink);font-weight:600;background:var(--card);box-shadow:inset 0 0 0 1px var(--rule),inset 0 -3px 0 var(--accent)}
@media screen{.js .panel:not(.on){display:none}}
.js .panel{margin-top:2rem}
.tip{position:fixed;z-index:3;pointer-events:none;max-width:17rem;padding:.4rem .6rem;border-radius:.35rem;background:var(--ink);color:var(--paper);font:.8rem/1.4 var(--sans);font-variant-numeric:lining-nums tabular-nums;box-shadow:0 2px 8px #0004}
.tip[hidden]{display:none}
.tip b,.tip span{display:block}
.verdicts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,17rem),1fr));gap:1rem;margin:1.6rem 0}
.verdict{background:var(--card);border:1px solid var(--rule);border-left:.35rem solid var(--persist);border-radius:.5rem;padding:.9rem 1.1rem}
.verdict h3{margin:0;color:var(--soft);font-size:.9rem}
.verdict .answer{font:600 1.5rem/1.2 var(--sans);letter-spacing:-.015em;margin:.25rem 0;font-variant-numeric:lining-nums}
.verdict .evidence{font:.9rem/1.45 var(--sans);color:var(--soft);margin:0}
.verdict.good{border-left-color:var(--good)}.verdict.mixed{border-left-color:var(--climate)}.verdict.bad{border-left-color:var(--bad)}
a{color:var(--accent);text-underline-offset:.18em;text-decoration-thickness:.06em}
section{margin:3rem 0}
.js .panel,.js .panel :is(h2,h3,h4){scroll-margin-top:4rem}
.half{width:60%}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(13.5rem,1fr));gap:1rem;margin:1.6rem 0}
.tile{display:block;color:inherit;text-decoration:none;background:var(--card);border:1px solid var(--rule);border-radius:.5rem;padding:.9rem 1.1rem}
.tile:hover{border-color:var(--accent)}
.tile span{display:block}
.tile .name{font:600 .84rem/1.35 var(--sans);color:var(--soft);margin:0}
.tile .value{font:600 1.9rem/1.15 var(--sans);letter-spacing:-.02em;margin:.3rem 0 .15rem;font-variant-numeric:lining-nums}
.tile .note{font:.88rem/1.4 var(--sans);color:var(--soft);margin:0}
.grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,20rem),1fr));gap:1.1rem;margin:1.1rem 0}
.grid.three{grid-template-columns:repeat(auto-fill,minmax(min(100%,17.5rem),1fr))}
.cards{display:grid;gap:1rem;margin:1rem 0}
.grid.small{grid-template-columns:repeat(auto-fill,minmax(min(100%,11rem),1fr));gap:.8rem}
figure{margin:0;background:var(--card);border:1px solid var(--rule);border-radius:.5rem;padding:.8rem .9rem .6rem;min-width:0;display:flex;flex-direction:column}
figcaption{margin-bottom:auto!important;padding-bottom:.5rem}
figcaption{font:.86rem/1.4 var(--sans);color:var(--soft);margin:0 0 .5rem}
figcaption b{display:block;color:var(--ink);font-weight:600;font-size:.96rem}
figcaption span,figcaption small{display:block}
figcaption small{margin-top:.15rem;font-size:.76rem;line-height:1.35;overflow-wrap:anywhere}
figure.rank{padding:.5rem .6rem .2rem}
svg{display:block;width:100%;height:auto}
svg.defs{position:absolute;width:0;height:0}
svg text{font-family:var(--sans);font-variant-numeric:lining-nums tabular-nums}
.tick{font-size:10.5px;fill:var(--soft)}
.label{font-size:10.5px;fill:var(--soft)}
.end{font-size:11px;font-weight:600;stroke:none!important}
.chart .grid,.chart line.grid{stroke:var(--grid);stroke-width:1}
.axis{stroke:var(--soft);stroke-width:.8;opacity:.7}
.reference{stroke:var(--ink);stroke-width:.9;stroke-dasharray:2 3;opacity:.75}
.line{fill:none;stroke-width:1.7;stroke-linejoin:round;stroke-linecap:round}
path.s-mean{stroke:var(--mean);stroke-width:2.4}text.s-mean{fill:var(--mean)}
path.s-spread{stroke:var(--mean);stroke-dasharray:1 4}text.s-spread{fill:var(--mean)}
path.s-control{stroke:var(--control);stroke-dasharray:7 3}text.s-control{fill:var(--control)}
path.s-persistence{stroke:var(--persist)}text.s-persistence{fill:var(--soft)}
path.s-climatology{stroke:var(--climate);stroke-dasharray:5 4}text.s-climatology{fill:var(--climate)}
path.s-truth{stroke:var(--truth);stroke-width:2.1}text.s-truth{fill:var(--truth)}
path.s-member{stroke:var(--mean);stroke-width:.6;opacity:.34}
path.s-region1{stroke:var(--mean)}text.s-region1{fill:var(--mean)}
path.s-region2{stroke:var(--control)}text.s-region2{fill:var(--control)}
path.s-between1{stroke:var(--mean);stroke-dasharray:7 3}text.s-between1{fill:var(--mean)}
path.s-between2{stroke:var(--control);stroke-dasharray:7 3}text.s-between2{fill:var(--control)}
path.s-region3{stroke:var(--third)}text.s-region3{fill:var(--third)}
.band{stroke:none;fill:var(--mean);opacity:.15}
.band.s-control{fill:var(--control)}.band.s-persistence{fill:var(--persist)}.band.s-climatology{fill:var(--climate)}
.band.b50{opacity:.24}.band.b90{opacity:.14}
.bars{fill:var(--mean);opacity:.75}
path.s-diagonal{stroke:var(--soft);stroke-width:1;stroke-dasharray:3 3}
path.discs{fill:none;stroke-width:6.5;stroke-linecap:round;stroke-dasharray:none!important}
.whisker{fill:none;stroke:var(--mean);stroke-width:1.1}
.box{fill:var(--card);stroke:var(--mean);stroke-width:1.1}
.box+.box{fill:var(--mean);fill-opacity:.28}
.median{fill:none;stroke:var(--mean);stroke-width:2.2}
.marks{pointer-events:none}
.marks line{stroke:var(--soft);stroke-width:.8}
.marks circle{fill:var(--card);stroke:var(--ink);stroke-width:1.4}
svg.chart,svg.map{touch-action:pan-y}
.map{border-radius:.25rem;background:#fff}
.coast{fill:none;stroke:#10171c;stroke-width:.7px;vector-effect:non-scaling-stroke;opacity:.62}
#coast{vector-effect:non-scaling-stroke}
.graticule{fill:none;stroke:#10171c;stroke-width:.6px;vector-effect:non-scaling-stroke;opacity:.24}
.degree{font-size:86px;fill:#10171c;stroke:#fff;stroke-width:22px;stroke-opacity:.75;paint-order:stroke;stroke-linejoin:round}
.sea{fill:#fff}
.strand{fill:none;stroke:#1466a8;stroke-width:1px;vector-effect:non-scaling-stroke;opacity:.5}
.strand.truth{stroke:#10171c;stroke-width:2.2px;opacity:1}
.isoline{fill:none;stroke:#10171c;stroke-width:1px;vector-effect:non-scaling-stroke;opacity:.78}
.legend{margin-top:.45rem}
.legend path{stroke:var(--rule);stroke-width:.6}
.key{font:.86rem/1.5 var(--sans);color:var(--soft)}
.scroll{overflow-x:auto;-webkit-overflow-scrolling:touch;border:1px solid var(--rule);border-radius:.5rem;background:var(--card)}
table{border-collapse:collapse;width:100%;font:.88rem/1.4 var(--sans);font-variant-numeric:lining-nums tabular-nums}
th,td{padding:.38rem .75rem;text-align:right;white-space:nowrap}
th:first-child,td:first-child{text-align:left;position:sticky;left:0;background:var(--card)}
thead th{font-weight:600;color:var(--soft);border-bottom:1px solid var(--rule);vertical-align:bottom}
tbody tr+tr th,tbody tr+tr td{border-top:1px solid var(--grid)}
tbody th{font-weight:600}
td.best{font-weight:700;color:var(--accent)}
.scorecard{border:0}
.scorecard td{min-width:3.4rem;padding:.3rem .4rem;text-align:center;border:2px solid var(--card);border-radius:.3rem;color:#10171c}
.scorecard td.none{color:var(--soft)}
.scorecard td b{font-weight:700}
.scorecard thead th{text-align:center}
.scorecard th:first-child{text-align:left;white-space:normal;min-width:7.5rem}
details{margin:1rem 0}
summary{cursor:pointer;font:600 .95rem/1.5 var(--sans);color:var(--accent)}
dl{display:grid;grid-template-columns:minmax(9rem,max-content) 1fr;gap:.25rem 1.2rem;font:.88rem/1.5 var(--sans);margin:1rem 0;font-variant-numeric:lining-nums}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
footer{border-top:1px solid var(--rule);margin-top:3.5rem;padding-block:1.5rem 3rem}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
@media (max-width:34rem){body{font-size:1rem}main,header,footer{padding-inline:1rem}dl{grid-template-columns:1fr}dt{margin-top:.5rem}section{margin:2.2rem 0}}
@media print{:root{color-scheme:light}body{background:#fff;font-size:10pt}nav,.tip{display:none!important}
main,header,footer{max-width:none;padding:0}.panel{display:block!important;break-before:page}#overview{break-before:auto}
.grid{grid-template-columns:1fr 1fr}.grid.three,.grid.small{grid-template-columns:1fr 1fr 1fr}figure,.tile,.verdict,tr{break-inside:avoid}h2,h3,h4{break-after:avoid}
details::details-content{content-visibility:visible;block-size:auto}.scroll{overflow:visible}a{color:inherit;text-decoration:none}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
)css";
}

}  // namespace myriad::diag::detail
