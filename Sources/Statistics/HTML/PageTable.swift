/// A table of a page: with a caption, and the first cell of each row as the row's name.
struct PageTable {
    let caption: String
    let columns: [String]
    let rows: [[String]]

    /// A table that is wider than the screen scrolls by itself, also by keyboard.
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

    /// Folded away below a chart that shows the same.
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
