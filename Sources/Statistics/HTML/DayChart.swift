/// A chart with a column for each day, as an HTML list. Each item has a text that describes its column, visible while
/// the pointer is over the item or the item has keyboard focus.
///
/// Not SVG, because its text shrinks with the picture, and the page has no scripts.
struct DayChart {
    struct Column {
        /// In the form `2026-11-01`.
        let day: String
        /// The text for the day, such as `2026-11-01: 87%`.
        let label: String
        /// From the bottom up; empty for a day without lookups.
        let parts: [Part]
    }

    struct Part {
        /// A class of the stylesheet.
        let style: HTML
        /// The share of the chart's height, 0 to 1.
        let share: Double
    }

    /// An entry of the legend: a colour and its meaning.
    struct Key {
        let style: HTML
        let text: String
    }

    /// The prefix of the ids of the chart's elements, unique on the page.
    let name: HTML
    let title: String
    let summary: String
    /// The value at the top of the chart.
    let top: String
    let columns: [Column]
    let keys: [Key]

    var html: HTML {
        """
        <div class="chart" role="group" aria-labelledby="\(name)-title">
        <p class="lead" id="\(name)-title">\(title). \(summary)</p>
        \(legend)
        <p class="end" aria-hidden="true">\(top)</p>
        <ol class="columns">
        \(HTML.joined(columns.map(column)))
        </ol>
        <p class="ends" aria-hidden="true">
        <span>\(columns.first?.day ?? "")</span><span>\(columns.last?.day ?? "")</span>
        </p>
        </div>
        """
    }

    private var legend: HTML {
        guard keys.count > 1 else { return .nothing }
        let items = HTML.joined(keys.map { "<li><i class=\"\($0.style)\"></i>\($0.text)</li>" })
        return "<ul class=\"legend\">\(items)</ul>"
    }

    private func column(_ column: Column) -> HTML {
        guard !column.parts.isEmpty else { return "<li><b class=\"tip\">\(column.label)</b></li>" }
        let parts = HTML.joined(
            column.parts.filter { $0.share > 0 }.map { part in
                "<i class=\"\(part.style)\" style=\"height:\(Self.percent(part.share))%\"></i>"
            }
        )
        return "<li tabindex=\"0\"><b class=\"tip\">\(column.label)</b><span class=\"stack\">\(parts)</span></li>"
    }

    /// A share as a percentage, rounded to hundredths.
    static func percent(_ share: Double) -> String {
        "\((max(0, min(1, share)) * 10_000).rounded() / 100)"
    }
}

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
        """
        <li><div class="label"><span>\(item.name)</span><span>\(item.amount)</span></div>
        <div class="track"><i class="\(style)" style="width:\(DayChart.percent(item.share))%"></i></div></li>
        """
    }
}
