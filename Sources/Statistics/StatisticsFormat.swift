/// An output format of statistics.
package enum StatisticsFormat: String, CaseIterable, Sendable {
    /// For users at a terminal.
    case text
    /// For programs; docs/stats.md describes it.
    case json
    /// Prometheus' text format 0.0.4, for the textfile collector of node_exporter.
    case prometheus
    /// RFC 4180, for spreadsheets.
    case csv
}

extension Statistics {
    /// The complete output, with the line endings that the format requires.
    ///
    /// - Parameter bars: the bars that the terminal can show
    package func formatted(_ format: StatisticsFormat, bars: Sparkline.Style) throws -> String {
        switch format {
        case .text: StatisticsText(self, bars: bars).text
        case .json: try StatisticsJSON(self).text
        case .prometheus: StatisticsMetrics(self).text
        case .csv: StatisticsTable(self).text
        }
    }
}
