import PluginConfiguration
import Docker
import Formatting
import Store
import SystemPackage

/// What gc would do or has done, for people and for machines.
package struct GarbageReport {
    /// A step in words.
    package struct Line: Encodable, Equatable {
        /// `image`, `entry`, `checkout`, `lock` and so on.
        package let kind: String
        package let name: String
        /// Why it is removed, or why it stays.
        package let why: String
        /// Nil where there is nothing to say.
        package let bytes: Int64?

        package init(kind: String, name: String, why: String, bytes: Int64?) {
            self.kind = kind
            self.name = name
            self.why = why
            self.bytes = bytes
        }

        /// Of what it names, so many rows.
        func begun(rows: Int64) -> Line {
            Line(kind: kind, name: "\(name), \(rows) of them so far", why: why, bytes: bytes)
        }

        package var text: String { "  \(kind) \(name): \(why)\(bytes.map { " (\(Quantity.bytes($0)))" } ?? "")" }
    }

    /// What `--format json` prints. The version changes when a field changes its meaning or goes.
    package struct Report {
        package let version = 1
        package let dryRun: Bool
        package let removed: [Line]
        package let kept: [Line]
        package let failed: [Line]
        /// Total size of the images that go.
        package let bytes: Int64
        /// Steps that there was no time for.
        package let remaining: Int
    }

    package let report: Report

    /// What was removed in a registry, or would be. No one knows how many bytes that is: images share layers.
    package init(removed: [Line], kept: [Line], failed: [Line], isDryRun: Bool) {
        report = Report(dryRun: isDryRun, removed: removed, kept: kept, failed: failed, bytes: 0, remaining: 0)
    }

    /// What would be done.
    package init(_ plan: GarbagePlan) {
        report = Report(
            dryRun: true,
            removed: plan.steps.map(Self.line),
            kept: plan.kept.map(Self.line),
            failed: [],
            bytes: plan.bytes,
            remaining: 0
        )
    }

    /// What was done.
    package init(_ plan: GarbagePlan, _ result: GarbageCollection.Result) {
        var removed: [Line] = []
        var kept = plan.kept.map(Self.line)
        var failed: [Line] = []
        for (step, outcome) in result.outcomes {
            let line = Self.line(step)
            switch outcome {
            case .done: removed.append(line)
            case .begun(let rows): removed.append(line.begun(rows: rows))
            case .skipped(let why): kept.append(Line(kind: line.kind, name: line.name, why: why, bytes: nil))
            case .failed(let why): failed.append(Line(kind: line.kind, name: line.name, why: why, bytes: nil))
            }
        }
        // Said once, however many steps there are that need it.
        if let obstacle = result.obstacle {
            failed.append(Line(kind: "rows", name: "of the index", why: "\(obstacle)", bytes: nil))
        }
        report = Report(
            dryRun: false,
            removed: removed,
            kept: kept,
            failed: failed,
            bytes: result.freedBytes,
            remaining: result.remaining
        )
    }

    /// This and another one after it.
    package func adding(_ other: GarbageReport) -> GarbageReport {
        GarbageReport(
            report: Report(
                dryRun: report.dryRun,
                removed: report.removed + other.report.removed,
                kept: report.kept + other.report.kept,
                failed: report.failed + other.report.failed,
                bytes: report.bytes + other.report.bytes,
                remaining: report.remaining + other.report.remaining
            )
        )
    }

    private init(report: Report) {
        self.report = report
    }

    /// Lines for a terminal.
    package var lines: [String] {
        var lines: [String] = []
        if !report.removed.isEmpty {
            lines.append(report.dryRun ? "Would remove:" : "Removed:")
            lines += report.removed.map(\.text)
        }
        if !report.kept.isEmpty { lines += ["Left alone:"] + report.kept.map(\.text) }
        if !report.failed.isEmpty { lines += ["Failed:"] + report.failed.map(\.text) }
        return lines + [summary]
    }

    /// One line that says it all.
    package var summary: String {
        guard !report.removed.isEmpty else { return report.dryRun ? "Nothing to remove." : "Nothing was removed." }
        let images = report.removed.filter { $0.kind == "image" }.count
        let rest = report.removed.count - images
        let bytes = Quantity.bytes(report.bytes)
        var parts = images > 0 ? ["\(Quantity.count(images, "image")) (\(bytes))"] : []
        if rest > 0, images == 0 {
            parts.append(Quantity.count(rest, "thing"))
        } else if rest > 0 {
            parts.append(Quantity.count(rest, "other thing"))
        }
        let what = parts.joined(separator: " and ")
        let left =
            switch report.remaining {
            case 0: ""
            case 1: "; 1 is left for the next time"
            default: "; \(report.remaining) are left for the next time"
            }
        return report.dryRun ? "Would remove \(what)." : "Removed \(what)\(left)."
    }

    private static func line(_ kept: GarbagePlan.Kept) -> Line {
        Line(kind: "image", name: kept.name, why: kept.why.rawValue, bytes: nil)
    }

    package static func line(_ step: GarbageStep) -> Line {
        switch step {
        case .dropEntry(let entry, let reason):
            Line(kind: "entry", name: "\(entry.image):\(entry.key)", why: reason.explanation, bytes: nil)
        case .removeImage(let removal):
            Line(
                kind: "image",
                name: removal.image.name,
                why: removal.reason.explanation
                    + (removal.foreignNames.isEmpty
                        ? "" : "; it stays as \(removal.foreignNames.joined(separator: ", "))"),
                bytes: removal.bytes
            )
        case .forgetCheckout(let checkout, let reason):
            Line(
                kind: "hashes",
                name: "of \(String(decoding: checkout.path, as: UTF8.self))",
                why: reason.explanation,
                bytes: nil
            )
        case .removeRows(.dailyTotals, _, let count):
            Line(
                kind: Housekeeping.Kind.dailyTotals.rawValue,
                name: "(\(count))",
                why: "they are summed up with those of earlier days",
                bytes: nil
            )
        case .removeRows(let kind, _, let count):
            Line(kind: kind.rawValue, name: "(\(count))", why: GarbageReason.old.explanation, bytes: nil)
        case .removeFile(let file):
            Line(kind: file.kind.rawValue, name: file.path.string, why: "it is no longer needed", bytes: nil)
        case .pruneContexts(let usage):
            Line(
                kind: "contexts",
                name: "that BuildKit keeps",
                why: "there are more than \(Quantity.bytes(GarbageLimits.contextBytes)) of them",
                bytes: usage.contexts - GarbageLimits.contextTarget
            )
        case .compact:
            Line(kind: "empty pages", name: "of the index", why: "a quarter of it or more is empty", bytes: nil)
        }
    }
}
