import PluginConfiguration
import Docker
import Formatting
import Store
import SystemPackage

/// What gc would do or has done, for users and programs.
package struct GarbageReport {
    /// A step in words.
    package struct Line: Encodable, Equatable {
        /// `image`, `entry`, `hashes`, `lock` and so on.
        package let kind: String
        package let name: String
        /// Why it is removed or kept.
        package let why: String
        /// The size in bytes; nil if there is none to report.
        package let bytes: Int64?

        package init(kind: String, name: String, why: String, bytes: Int64?) {
            self.kind = kind
            self.name = name
            self.why = why
            self.bytes = bytes
        }

        /// The line for a step that has removed only `rows` rows so far.
        func begun(rows: Int64) -> Line {
            Line(kind: kind, name: "\(name), \(rows) of them so far", why: why, bytes: bytes)
        }

        package var text: String { "  \(kind) \(name): \(why)\(bytes.map { " (\(Quantity.bytes($0)))" } ?? "")" }
    }

    /// The output of `--format json`. The version changes if the meaning of a field changes or a field is removed.
    package struct Report {
        package let version = 1
        package let dryRun: Bool
        package let removed: [Line]
        package let kept: [Line]
        package let failed: [Line]
        /// The size of everything that docker deleted, or of the images to remove in a dry run, in bytes.
        package let bytes: Int64
        /// The number of steps for which there was no time.
        package let remaining: Int
    }

    package let report: Report

    /// What was removed in a registry, or would be. The size is unknown, because images share layers.
    package init(removed: [Line], kept: [Line], failed: [Line], isDryRun: Bool) {
        report = Report(dryRun: isDryRun, removed: removed, kept: kept, failed: failed, bytes: 0, remaining: 0)
    }

    /// The report of a dry run.
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

    /// The report of a completed gc.
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
        // Reported once, however many steps it affects.
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

    /// This report, followed by `other`.
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

    /// A one-line summary.
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
