/// The style of the page: system fonts, light and dark colours, from the width of a phone upwards.
enum StylesheetText {
    static let css: HTML = """
        :root {
          color-scheme: light dark;
          --ground: #fbfaf8; --card: #ffffff; --ink: #1d1d1b; --soft: #5d5b56; --line: #e3e0d9;
          --good: #1f7a5c; --slow: #a8541f; --cool: #2f5fa8;
          --miss-1: #c0571b; --miss-2: #7a4fa3; --miss-3: #c29a1c; --miss-4: #b23a64; --other: #8b877d;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ground: #161615; --card: #1f1f1d; --ink: #ecebe6; --soft: #a9a69d; --line: #34332f;
            --good: #56c79c; --slow: #e59a63; --cool: #86aeea;
            --miss-1: #e98b4f; --miss-2: #b08be0; --miss-3: #e2c25a; --miss-4: #ea7ea3; --other: #8d897f;
          }
        }
        * { box-sizing: border-box; }
        body {
          margin: 0; background: var(--ground); color: var(--ink);
          font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
        }
        header, main, footer { max-width: 60rem; margin: 0 auto; padding: 0 1rem; }
        header { padding-top: 2.5rem; padding-bottom: 1rem; }
        h1 { font-size: 1.75rem; line-height: 1.2; letter-spacing: -0.02em; margin: 0; }
        h2 { font-size: 1.125rem; margin: 0 0 .75rem; }
        header p, footer p, .note { color: var(--soft); margin: .35rem 0 0; }
        .skip {
          position: absolute; left: -100vw; top: 0; background: var(--card); color: var(--ink); padding: .5rem 1rem;
        }
        .skip:focus { left: 0; }
        .figures {
          display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .75rem;
          margin: 1rem 0 0; padding: 0;
        }
        .figures div {
          background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .8rem 1rem;
        }
        .figures dt { color: var(--soft); font-size: .875rem; }
        .figures dd { margin: 0; font-size: 1.3rem; font-weight: 600; line-height: 1.3; white-space: nowrap; }
        section {
          background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: 1.1rem 1rem 1rem;
          margin: 0 0 1rem;
        }
        .answer { font-size: 1.5rem; line-height: 1.3; font-weight: 600; margin: 0; }
        .lead { color: var(--soft); margin: .35rem 0 0; }
        i { display: block; }
        .chart { position: relative; }
        .columns {
          display: flex; align-items: stretch; height: 11rem; margin: 0; padding: 0; list-style: none;
          border-top: 1px dashed var(--line); border-bottom: 1px solid var(--line);
        }
        .columns li { flex: 1 1 0; min-width: 1px; padding: 0 .5px; display: flex; }
        .columns .stack {
          display: flex; flex-direction: column-reverse; width: 100%; min-width: 0; max-width: 3rem; height: 100%;
          margin: 0 auto;
        }
        .stack i { width: 100%; flex: none; min-height: 1px; }
        .tip {
          position: absolute; left: 0; right: 0; bottom: 100%; font-weight: 600; font-size: .9375rem;
          background: var(--card); border: 1px solid var(--line); border-radius: .3rem; padding: .3rem .5rem;
          visibility: hidden;
        }
        .columns li:hover .tip, .columns li:focus .tip { visibility: visible; z-index: 1; }
        .columns li:hover .stack, .columns li:focus .stack { opacity: .7; }
        .legend {
          display: flex; flex-wrap: wrap; gap: .2rem 1rem; margin: .5rem 0; padding: 0; list-style: none;
          color: var(--soft); font-size: .875rem;
        }
        .legend i { display: inline-block; width: .75rem; height: .75rem; border-radius: .15rem; margin-right: .4rem; }
        .end, .ends { color: var(--soft); font-size: .8125rem; line-height: 1.3; margin: 0; }
        .ends { display: flex; justify-content: space-between; padding-top: .3rem; }
        .hit { background: var(--good); } .time { background: var(--cool); } .cost { background: var(--slow); }
        .miss-1 { background: var(--miss-1); } .miss-2 { background: var(--miss-2); }
        .miss-3 { background: var(--miss-3); } .miss-4 { background: var(--miss-4); }
        .miss-other { background: var(--other); }
        .hit, .time, .cost, .miss-1, .miss-2, .miss-3, .miss-4, .miss-other { forced-color-adjust: none; }
        .bars { display: grid; gap: .7rem; margin: 0; padding: 0; list-style: none; }
        .bars .label {
          display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1rem; font-size: .9375rem;
        }
        .bars .label span:first-child { overflow-wrap: anywhere; min-width: 0; }
        .bars li { min-width: 0; }
        .bars .label span:last-child { color: var(--soft); font-variant-numeric: tabular-nums; }
        .track { height: .5rem; margin-top: .15rem; border-radius: .25rem; overflow: hidden; background: var(--line); }
        .track i { height: 100%; }
        details { margin-top: .9rem; }
        summary { cursor: pointer; color: var(--soft); font-size: .9375rem; padding: .25rem 0; }
        :focus-visible { outline: 2px solid var(--cool); outline-offset: 2px; border-radius: .2rem; }
        .scroll { overflow-x: auto; max-width: 100%; }
        table { border-collapse: collapse; width: 100%; font-size: .9375rem; font-variant-numeric: tabular-nums; }
        caption { text-align: left; color: var(--soft); padding: .4rem 0; }
        th, td { text-align: right; padding: .35rem .6rem; border-top: 1px solid var(--line); white-space: nowrap; }
        th:first-child, td:first-child {
          text-align: left; padding-left: 0; white-space: normal; overflow-wrap: anywhere;
        }
        th:last-child, td:last-child { padding-right: 0; }
        thead th { border-top: 0; color: var(--soft); font-weight: 500; }
        tbody th { font-weight: 400; min-width: 7rem; }
        footer { padding-bottom: 2.5rem; font-size: .875rem; }
        @media print { body { background: none; } section, .figures div { break-inside: avoid; } }
        """
}
