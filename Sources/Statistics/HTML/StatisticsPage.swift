import Formatting
import Store

/// Statistics as one page that needs nothing else: no script, no font and no picture from anywhere. Its content
/// security policy says so, and the browser holds it to that.
package struct StatisticsPage {
    let statistics: Statistics
    let made: String
    let scope: String

    /// - Parameters:
    ///   - made: when the page was made, for people
    ///   - scope: what was counted, for people
    package init(_ statistics: Statistics, made: String, scope: String) {
        self.statistics = statistics
        self.made = made
        self.scope = scope
    }

    /// The most days that a chart shows: more would be bars thinner than a pixel on a phone.
    static let shownDays: Int64 = 90

    package var text: String { html.source + "\n" }

    private var html: HTML {
        let sections = HTML.joined([
            rateSection, savedSection, reasonSection, slowestSection, cacheSection, numberSection,
        ])
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
            base-uri 'none'; form-action 'none'">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="referrer" content="no-referrer">
            <title>docker-cache statistics</title>
            <style>
            \(StylesheetText.css)
            </style>
            </head>
            <body>
            <a class="skip" href="#content">Skip to the numbers</a>
            <header>
            <h1>docker-cache</h1>
            <p>\(scope)</p>
            </header>
            <main id="content" tabindex="-1">
            \(figures)
            \(sections)
            </main>
            <footer><p>Made at \(made) by docker-cache stats. Days are UTC.</p></footer>
            </body>
            </html>
            """
    }

    private var figures: HTML {
        let sums = statistics.sums
        let items: [(String, String)] = [
            ("Hit rate", sums.totals.hitRate.map(Quantity.percent) ?? "–"), ("Lookups", "\(sums.totals.lookups)"),
            ("Time saved", Quantity.duration(sums.savedMilliseconds)),
            ("Not pulled", Quantity.bytes(sums.bytesNotPulled)), ("Failed", "\(sums.totals.failures)"),
        ]
        let list = HTML.joined(items.map { "<div><dt>\($0.0)</dt><dd>\($0.1)</dd></div>" })
        return "<dl class=\"figures\">\(list)</dl>"
    }

    /// A part of the page with a heading that names it.
    static func section(_ name: HTML, _ title: String, _ content: HTML) -> HTML {
        """
        <section aria-labelledby="\(name)">
        <h2 id="\(name)">\(title)</h2>
        \(content)
        </section>
        """
    }
}

/// How the page looks: the system's own fonts, in light and in dark, from a phone's width on.
enum StylesheetText {
    static let css: HTML = """
        :root {
          color-scheme: light dark;
          --ground: #fbfaf8; --card: #ffffff; --ink: #1d1d1b; --soft: #5d5b56; --line: #e3e0d9;
          --good: #1f7a5c; --slow: #a8541f; --cool: #2f5fa8;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ground: #161615; --card: #1f1f1d; --ink: #ecebe6; --soft: #a9a69d; --line: #34332f;
            --good: #56c79c; --slow: #e59a63; --cool: #86aeea;
          }
        }
        * { box-sizing: border-box; }
        body {
          margin: 0; background: var(--ground); color: var(--ink);
          font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
        }
        header, main, footer { max-width: 60rem; margin: 0 auto; padding: 0 1rem; }
        header { padding-top: 2.5rem; }
        h1 { font-size: 1.75rem; line-height: 1.2; letter-spacing: -0.02em; margin: 0; }
        h2 { font-size: 1.125rem; margin: 0 0 .75rem; }
        header p, footer p, .note { color: var(--soft); margin: .35rem 0 0; }
        .skip {
          position: absolute; left: -100vw; top: 0; background: var(--card); color: var(--ink); padding: .5rem 1rem;
        }
        .skip:focus { left: 0; }
        .figures {
          display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .75rem;
          margin: 1.5rem 0; padding: 0;
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
        svg { display: block; width: 100%; height: auto; overflow: visible; }
        .end, .ends { color: var(--soft); font-size: .8125rem; line-height: 1.3; margin: 0; }
        .ends { display: flex; justify-content: space-between; padding-top: .3rem; }
        .rate { fill: var(--good); } .time { fill: var(--cool); } .slow { fill: var(--slow); }
        .track { fill: var(--line); } .axis { stroke: var(--line); }
        .bars { display: grid; gap: .7rem; margin: 0; padding: 0; list-style: none; }
        .bars .label { display: flex; justify-content: space-between; gap: 1rem; font-size: .9375rem; }
        .bars .label span:first-child { overflow-wrap: anywhere; min-width: 0; }
        .bars .label span:last-child { color: var(--soft); white-space: nowrap; font-variant-numeric: tabular-nums; }
        .bars svg { height: .5rem; margin-top: .15rem; border-radius: .25rem; overflow: hidden; }
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
