/// A chart with a bar for each day, as SVG. What it shows is in a table beside it; `summary` says it in a sentence.
struct DayChart {
    struct Bar {
        /// As `2026-11-01`.
        let day: String
        /// What is shown of it, as in `2026-11-01: 87 %`.
        let label: String
        /// 0 to 1; nil for a gap.
        let height: Double?
    }

    /// Names the chart's elements apart from those of the others on the page.
    let name: String
    let title: String
    let summary: String
    /// What the top of the chart stands for.
    let top: String
    /// A class of the stylesheet.
    let style: HTML
    let bars: [Bar]

    private static let width = 640
    private static let height = 160

    var html: HTML {
        let count = max(1, bars.count)
        let step = Double(Self.width) / Double(count)
        let shapes = HTML.joined(bars.enumerated().map { number, bar in shape(bar, at: Double(number) * step, step) })
        return """
            <p class="end" aria-hidden="true">\(top)</p>
            <svg viewBox="0 0 \(Self.width) \(Self.height)" role="img" aria-labelledby="\(name)-t \(name)-d">
            <title id="\(name)-t">\(title)</title>
            <desc id="\(name)-d">\(summary)</desc>
            <g aria-hidden="true">
            <line class="axis" x1="0" x2="\(Self.width)" y1="0" y2="0" stroke-dasharray="2 4"/>
            <line class="axis" x1="0" x2="\(Self.width)" y1="\(Self.height)" y2="\(Self.height)"/>
            \(shapes)
            </g>
            </svg>
            <p class="ends" aria-hidden="true">
            <span>\(bars.first?.day ?? "")</span><span>\(bars.last?.day ?? "")</span>
            </p>
            """
    }

    private func shape(_ bar: Bar, at x: Double, _ step: Double) -> HTML {
        guard let share = bar.height else { return .nothing }
        // A bar of nothing is still a day with lookups.
        let height = max(1.5, share * Double(Self.height))
        let gap = min(4, step * 0.2)
        // Wider than this, a bar looks like a surface.
        let width = min(step - gap, 48)
        return """
            <rect class="\(style)" x="\(Self.number(x + (step - width) / 2))" \
            y="\(Self.number(Double(Self.height) - height))" \
            width="\(Self.number(width))" height="\(Self.number(height))" rx="1.5"><title>\(bar.label)</title></rect>
            """
    }

    /// To hundredths of a pixel.
    private static func number(_ value: Double) -> String {
        "\((value * 100).rounded() / 100)"
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
        let width = "\((max(0, min(1, item.share)) * 1000).rounded() / 10)"
        return """
            <li><div class="label"><span>\(item.name)</span><span>\(item.amount)</span></div>
            <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">\
            <rect class="track" width="100" height="4"/><rect class="\(style)" width="\(width)" height="4"/></svg></li>
            """
    }
}
