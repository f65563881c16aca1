/// How statistics are printed.
package enum StatisticsFormat: String, CaseIterable, Sendable {
    /// For people at a terminal.
    case text
    /// For programs; docs/stats.md describes it.
    case json
    /// Prometheus' text format 0.0.4, for the textfile collector of node_exporter.
    case prometheus
    /// RFC 4180, for spreadsheets.
    case csv
}

extension Statistics {
    /// The whole text, with the line ends that the format wants.
    ///
    /// - Parameter bars: what a terminal can show
    package func formatted(_ format: StatisticsFormat, bars: Sparkline.Style) throws -> String {
        switch format {
        case .text: StatisticsText(self, bars: bars).text
        case .json: try StatisticsJSON(self).text
        case .prometheus: StatisticsMetrics(self).text
        case .csv: StatisticsTable(self).text
        }
    }
}
