import Formatting
import Store

extension StatisticsPage {
    /// The main answer of the page: whether the cache is worth it, and what costs the most.
    var answerSection: HTML {
        let sums = statistics.sums
        guard let rate = sums.totals.hitRate else {
            return Self.section("answer", "Is the cache worth it?", "<p class=\"answer\">No lookups yet.</p>")
        }
        let asked = sums.totals.lookups - sums.totals[.bypassed]
        let saved = Quantity.duration(sums.savedMilliseconds)
        let hits = "\(Quantity.percent(rate)) of \(Quantity.count(asked, "lookup")) hit"
        var lost: HTML = "<p class=\"lead\">No build was needed.</p>"
        if sums.builds > 0 {
            let builds = "\(Quantity.count(sums.builds, "build")) took \(Quantity.duration(sums.buildMilliseconds))."
            let most = statistics.costliestImages.first.map { group in
                "\(group.value ?? "One image") costs the most: \(Self.cost(group.sums))."
            }
            lost = "<p class=\"lead\">\(builds) \(most ?? "")</p>"
        }
        return Self.section(
            "answer",
            "Is the cache worth it?",
            """
            <p class="answer">It saved \(saved): \(hits).</p>
            \(lost)
            \(figures)
            """
        )
    }

    private var figures: HTML {
        let sums = statistics.sums
        let items: [(String, String)] = [
            ("Hit rate", sums.totals.hitRate.map(Quantity.percent) ?? "–"),
            ("Time saved", Quantity.duration(sums.savedMilliseconds)),
            ("Lost to builds", Quantity.duration(sums.buildMilliseconds)), ("Lookups", "\(sums.totals.lookups)"),
            ("Failed", "\(sums.totals.failures)"),
        ]
        let list = HTML.joined(items.map { "<div><dt>\($0.0)</dt><dd>\($0.1)</dd></div>" })
        return "<dl class=\"figures\">\(list)</dl>"
    }

    var costSection: HTML {
        let images = statistics.costliestImages
        guard !images.isEmpty else { return .nothing }
        let most = Double(max(1, images.map(\.sums.buildMilliseconds).max() ?? 1))
        let list = BarList(
            items: images.map { group in
                BarList.Item(
                    name: group.value ?? "",
                    amount: Self.cost(group.sums),
                    share: Double(group.sums.buildMilliseconds) / most
                )
            },
            style: "cost"
        )
        let table = PageTable(
            caption: "Images by time lost to builds",
            columns: ["Image", "Builds", "Average", "Slowest", "Time lost", "Hit rate"],
            rows: images.map { group in
                [
                    group.value ?? "", "\(group.sums.builds)",
                    Quantity.duration(group.sums.averageBuildMilliseconds ?? 0),
                    Quantity.duration(group.sums.slowestBuildMilliseconds),
                    Quantity.duration(group.sums.buildMilliseconds),
                    group.sums.totals.hitRate.map(Quantity.percent) ?? "–",
                ]
            }
        )
        return Self.section("cost", "What costs the most?", "\(list.html)\n\(table.folded)")
    }

    /// For example `52 min 0 s in 13 builds, 4 min 0 s on average`.
    private static func cost(_ sums: EventSums) -> String {
        "\(Quantity.duration(sums.buildMilliseconds)) in \(Quantity.count(sums.builds, "build")), "
            + "\(Quantity.duration(sums.averageBuildMilliseconds ?? 0)) on average"
    }

    var reasonSection: HTML {
        guard !statistics.reasons.isEmpty || !statistics.failures.isEmpty else { return .nothing }
        let most = Double(statistics.reasons.map(\.lookups).max() ?? 1)
        let list = BarList(
            items: statistics.reasons.map { count in
                BarList.Item(name: count.reason, amount: "\(count.lookups)", share: Double(count.lookups) / most)
            },
            style: "cost"
        )
        let table = PageTable(
            caption: "Lookups that did not hit or failed, by reason",
            columns: ["Reason", "Lookups"],
            rows: statistics.reasons.map { [$0.reason, "\($0.lookups)"] }
                + statistics.failures.map { ["failed: \($0.reason)", "\($0.lookups)"] }
        )
        return Self.section("reasons", "Why lookups did not hit", "\(list.html)\n\(table.folded)")
    }

    var slowestSection: HTML {
        guard !statistics.slowestImages.isEmpty else { return .nothing }
        let table = PageTable(
            caption: "Images whose builds take longest on average",
            columns: ["Image", "Builds", "Average", "Slowest"],
            rows: statistics.slowestImages.map { group in
                [
                    group.value ?? "", "\(group.sums.builds)",
                    Quantity.duration(group.sums.averageBuildMilliseconds ?? 0),
                    Quantity.duration(group.sums.slowestBuildMilliseconds),
                ]
            }
        )
        return Self.section("slowest", "Slowest builds", table.folded)
    }

    var cacheSection: HTML {
        let cache = statistics.cache
        let images = Quantity.count(cache.entries, "image")
        guard let limit = cache.limitBytes, let share = cache.share else {
            return Self.section(
                "cache",
                "Size of the cache",
                "<p class=\"note\">\(images), \(Quantity.bytes(cache.bytes)). --max-size shows a limit beside it.</p>"
            )
        }
        let taken = "\(Quantity.bytes(cache.bytes)) of \(Quantity.bytes(limit)) (\(Quantity.percent(share)))"
        let list = BarList(
            items: [BarList.Item(name: images, amount: taken, share: share)],
            style: share > 1 ? "cost" : "hit"
        )
        return Self.section("cache", "Size of the cache", list.html)
    }

    var numberSection: HTML {
        let table = PageTable(
            caption: "All counters",
            columns: ["Counter", "Value"],
            rows: Counter.all.map { [$0.title, $0.text(statistics.sums)] }
                + [["Hit rate", statistics.sums.totals.hitRate.map(Quantity.percent) ?? "–"]]
        )
        return Self.section("numbers", "All numbers", table.html)
    }
}
