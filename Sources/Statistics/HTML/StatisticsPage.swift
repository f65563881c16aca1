import Formatting
import Store

/// Statistics as one self-contained page: no script, font or picture is loaded. Its content security policy declares
/// this, and the browser enforces it.
package struct StatisticsPage {
    let statistics: Statistics
    let made: String
    let scope: String

    /// - Parameters:
    ///   - made: when the page was created, formatted for users
    ///   - scope: which lookups are counted, formatted for users
    package init(_ statistics: Statistics, made: String, scope: String) {
        self.statistics = statistics
        self.made = made
        self.scope = scope
    }

    /// The maximum number of days in a chart. With more, bars would be thinner than a pixel on a phone.
    static let shownDays: Int64 = 90

    package var text: String { html.source + "\n" }

    private var html: HTML {
        let sections = HTML.joined([
            answerSection, costSection, rateSection, savedSection, reasonSection, slowestSection, cacheSection,
            numberSection,
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
            \(sections)
            </main>
            <footer><p>Made at \(made) by docker-cache stats. Days are UTC.</p></footer>
            </body>
            </html>
            """
    }

    /// A section of the page, labelled by its heading.
    static func section(_ name: HTML, _ title: String, _ content: HTML) -> HTML {
        """
        <section aria-labelledby="\(name)">
        <h2 id="\(name)">\(title)</h2>
        \(content)
        </section>
        """
    }
}
