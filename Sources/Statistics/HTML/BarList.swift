/// A list of names, each with its amount and a bar.
struct BarList {
    struct Item {
        let name: String
        let amount: String
        /// 0 to 1.
        let share: Double
    }

    let items: [Item]
    /// A class of the stylesheet.
    let style: HTML

    var html: HTML {
        let lines = HTML.joined(items.map(line))
        return """
            <ul class="bars">
            \(lines)
            </ul>
            """
    }

    private func line(_ item: Item) -> HTML {
        let width = "\((max(0, min(1, item.share)) * 1000).rounded() / 10)"
        return """
            <li><div class="label"><span>\(item.name)</span><span>\(item.amount)</span></div>
            <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">\
            <rect class="track" width="100" height="4"/><rect class="\(style)" width="\(width)" height="4"/></svg></li>
            """
    }
}
