import Formatting

/// A fragment of a page. A string can only become part of it by being escaped.
struct HTML: ExpressibleByStringInterpolation {
    let source: String

    /// Swift calls this for literals only. No other string gets here.
    init(stringLiteral source: String) {
        self.source = source
    }

    init(stringInterpolation: Interpolation) {
        source = stringInterpolation.source
    }

    private init(source: String) {
        self.source = source
    }

    /// The fragments, joined by line feeds.
    static func joined(_ pieces: [HTML]) -> HTML {
        HTML(source: pieces.map(\.source).joined(separator: "\n"))
    }

    static let nothing: HTML = ""

    struct Interpolation: StringInterpolationProtocol {
        fileprivate var source = ""

        init(literalCapacity: Int, interpolationCount: Int) {
            source.reserveCapacity(literalCapacity)
        }

        mutating func appendLiteral(_ literal: String) {
            source += literal
        }

        mutating func appendInterpolation(_ html: HTML) {
            source += html.source
        }

        mutating func appendInterpolation(_ number: some BinaryInteger) {
            source += "\(number)"
        }

        mutating func appendInterpolation(_ text: String) {
            source += HTML.escaped(text)
        }
    }

    /// Escapes `text` for elements and quoted attributes. Invisible characters are written out.
    static func escaped(_ text: String) -> String {
        PlainText.escaped(text).unicodeScalars.map { scalar in
            switch scalar {
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            case "\"": "&quot;"
            case "'": "&#39;"
            default: String(scalar)
            }
        }.joined()
    }
}

/// A table of a page, with a caption. The first cell of each row is the row's heading.
struct PageTable {
    let caption: String
    let columns: [String]
    let rows: [[String]]

    /// The table. If it is wider than the screen, it scrolls separately, also by keyboard.
    var html: HTML {
        let head = HTML.joined(columns.map { "<th scope=\"col\">\($0)</th>" })
        let body = HTML.joined(rows.map(Self.row))
        return """
            <div class="scroll" role="region" aria-label="\(caption)" tabindex="0">
            <table>
            <caption>\(caption)</caption>
            <thead><tr>\(head)</tr></thead>
            <tbody>
            \(body)
            </tbody>
            </table>
            </div>
            """
    }

    /// The table, collapsed, for a chart above it that shows the same.
    var folded: HTML {
        """
        <details>
        <summary>The numbers as a table</summary>
        \(html)
        </details>
        """
    }

    private static func row(_ cells: [String]) -> HTML {
        let others = HTML.joined(cells.dropFirst().map { "<td>\($0)</td>" })
        return "<tr><th scope=\"row\">\(cells.first ?? "")</th>\(others)</tr>"
    }
}
