import Files
import PluginConfiguration
package import Docker
import FoundationEssentials
import Host
package import Logging
package import Store
import SystemPackage

/// Carries out a plan, step by step. Anything that has changed since the plan was made is left alone.
package struct GarbageCollection {
    package let index: Index
    package let docker: DockerClient?
    package let log: Logger
    /// When the plan was made, in milliseconds since 1970.
    package let now: Int64
    /// Whether entries used within the last hour may be removed too, because a user requests it.
    package var forgetsRecent = false

    package init(index: Index, docker: DockerClient?, log: Logger, now: Int64, forgetsRecent: Bool = false) {
        self.index = index
        self.docker = docker
        self.log = log
        self.now = now
        self.forgetsRecent = forgetsRecent
    }

    /// How a step ended.
    package enum Outcome: Equatable, Sendable {
        case done
        /// This many of its rows are removed. There was no time for the rest.
        case begun(rows: Int64)
        /// It is no longer necessary, or no longer safe.
        case skipped(String)
        case failed(String)
    }

    /// The result of carrying out a plan.
    package struct Result: Sendable {
        var outcomes: [(step: GarbageStep, outcome: Outcome)] = []
        /// The size of everything that docker deleted, in bytes.
        var freedBytes: Int64 = 0
        /// The number of steps for which there was no time, or not enough.
        package var remaining = 0
        /// Why the index could not be written in the end; nil if it could.
        var obstacle: IndexError?
    }

    /// Carries out the steps in order. A step with many rows ends early, so that it does not delay the rest, and
    /// continues after the last step. Finally, the index releases its free space.
    ///
    /// If the disk of the index is full, images are removed first. Steps that only write the index follow when there is
    /// room.
    ///
    /// - Parameter budget: checked before each step, and within those with many rows
    package func carryOut(_ plan: GarbagePlan, within budget: GarbageBudget = .unlimited) async -> Result {
        let budget = budget.orCancelled
        var result = Result()
        var begun: [Int] = []
        var postponed: [GarbageStep] = []
        for (position, step) in plan.steps.enumerated() {
            guard !budget.isUp() else {
                result.remaining = plan.steps.count - position
                break
            }
            if result.obstacle != nil, step.isOfIndexAlone {
                postponed.append(step)
                continue
            }
            guard let outcome = await outcome(of: step, until: budget.isHalfUp, &result) else {
                postponed.append(step)
                continue
            }
            if case .begun = outcome { begun.append(result.outcomes.count) }
            result.outcomes.append((step, outcome))
        }
        await carryOut(postponed, within: budget, &result)
        for position in begun {
            result.remaining += 1
            guard !budget.isUp() else { continue }
            let (step, first) = result.outcomes[position]
            guard let second = await outcome(of: step, until: budget.isUp, &result) else { continue }
            result.outcomes[position].outcome = Self.joined(first, second)
            if case .begun = second { continue }
            result.remaining -= 1
        }
        if plan.compacts, !plan.steps.contains(.compact), !budget.isUp() {
            await compactIfWorthIt(until: budget.isUp, &result)
        }
        return result
    }

    /// Moves the changes of the steps from the log into the index file. If that fails, the steps are still done.
    package func emptyLog() {
        do {
            _ = try index.emptyLog()
        } catch {
            log.warning("The log of the index was not emptied: \(index.failure(error))")
        }
    }

    /// Carries out the postponed steps, as long as the index can be written.
    private func carryOut(_ postponed: [GarbageStep], within budget: GarbageBudget, _ result: inout Result) async {
        for (position, step) in postponed.enumerated() {
            result.obstacle = nil
            guard !budget.isUp(), let outcome = await outcome(of: step, until: budget.isUp, &result) else {
                result.remaining += postponed.count - position
                return
            }
            result.outcomes.append((step, outcome))
        }
    }

    private func compactIfWorthIt(until isTimeUp: () -> Bool, _ result: inout Result) async {
        do {
            guard GarbagePlan.isWorthCompacting(try index.space()),
                let outcome = await outcome(of: .compact, until: isTimeUp, &result)
            else { return }
            if case .begun = outcome { result.remaining += 1 }
            result.outcomes.append((.compact, outcome))
        } catch {
            result.outcomes.append((.compact, .failed("\(index.failure(error))")))
        }
    }

    /// The combined outcome of two turns of one step.
    static func joined(_ first: Outcome, _ second: Outcome) -> Outcome {
        guard case .begun(let before) = first, case .begun(let after) = second else { return second }
        return .begun(rows: before + after)
    }

    /// Nil if the index could not be written. The result's `obstacle` then says why.
    private func outcome(of step: GarbageStep, until isTimeUp: () -> Bool, _ result: inout Result) async -> Outcome? {
        do {
            let (outcome, bytes) = try await carryOut(step, until: isTimeUp)
            result.freedBytes += bytes
            return outcome
        } catch {
            if Task.isCancelled { return .skipped("gc was told to stop") }
            if error is DockerError || error is Errno { return .failed("\(error)") }
            let failure = index.failure(error)
            guard failure.isObstacleToWriting else { return .failed("\(failure)") }
            result.obstacle = index.isOnFullDisk ? .diskFull(index.path) : failure
            return nil
        }
    }

    private func carryOut(
        _ step: GarbageStep,
        until isTimeUp: () -> Bool
    ) async throws -> (Outcome, bytes: Int64) {
        switch step {
        case .dropEntry(let entry, _):
            return (try drop(entry) ? .done : .skipped(Self.used), 0)
        case .removeImage(let removal):
            return try await remove(removal)
        case .forgetCheckout(let checkout, _):
            let removed = try index.directoryStates.remove(checkout, until: isTimeUp)
            return (removed.map(Self.outcome) ?? .skipped(Self.used), 0)
        case .removeRows(let kind, let before, _):
            return (Self.outcome(try index.housekeeping.remove(kind, before: before, until: isTimeUp)), 0)
        case .removeFile(let file):
            return (try file.remove(now: now) ? .done : .skipped("it is in use, or not empty"), 0)
        case .pruneContexts(let usage):
            guard let docker else { return (.skipped("there is no docker command"), 0) }
            let bytes = try await docker.pruneContexts(usage, to: GarbageLimits.contextTarget, builder: nil)
            return (.done, bytes)
        case .compact:
            return (Self.outcome(try index.compact(until: isTimeUp)), 0)
        }
    }

    private static func outcome(_ result: Batches.Result) -> Outcome {
        result.isComplete ? .done : .begun(rows: result.count)
    }

    private static let used = "it was used in the meantime"

    /// Entries used after this are left alone.
    private var unusedSince: Int64 { forgetsRecent ? .max : now - GarbageLimits.recent }

    private func drop(_ entry: Entry) throws -> Bool {
        try index.entries.remove(
            key: entry.key,
            scope: entry.scope,
            builtAt: entry.builtAt,
            unusedSince: unusedSince
        )
    }

    /// Updates the entries first, then removes the names. If the process dies in between, no entry refers to the image,
    /// and the next gc finds it.
    private func remove(_ removal: GarbageStep.ImageRemoval) async throws -> (Outcome, bytes: Int64) {
        guard let docker else { return (.skipped("there is no docker command"), 0) }
        guard let locks = try KeyLocks.attemptAll(removal.image.key, index.path) else {
            return (.skipped("a lookup is getting it"), 0)
        }
        defer { locks.forEach { $0.release(removesFile: true) } }
        let current = try await docker.inspectImage(removal.image.id).flatMap { LocalImage($0) }
        guard let current else { return (try takeBack(removal) ? .done : .skipped(Self.used), 0) }
        // A build that bypasses the cache takes no lock, but tags the image.
        guard current.taggedAt == removal.image.taggedAt else {
            return (.skipped("it was built or pulled again in the meantime"), 0)
        }
        let isTakenBack = try takeBackIfPossible(removal)
        // While the disk is full, uses are not recorded, and an image that has not expired may have been used just now.
        if isTakenBack == nil, removal.reason != .forgotten, !removal.isExpired {
            return (.skipped("the disk of the index is full, and it may be in use"), 0)
        }
        guard isTakenBack != false else { return (.skipped(Self.used), 0) }
        let outcome = try await removeNames(removal, of: current, with: docker)
        // If this fails, the entry still refers to the image, and the next lookup finds that the image is gone.
        if isTakenBack == nil { _ = try? takeBack(removal) }
        return outcome
    }

    private func removeNames(
        _ removal: GarbageStep.ImageRemoval,
        of current: LocalImage,
        with docker: DockerClient
    ) async throws -> (Outcome, bytes: Int64) {
        // A name may belong to a different image by now.
        for name in removal.names where current.names.contains(name) || current.digests.contains(name) {
            switch try await docker.removeName(name) {
            case .removed(let isDeleted):
                if isDeleted { return (.done, removal.image.size) }
            case .notThere:
                continue
            case .refused(let words):
                return (.skipped(words), 0)
            }
        }
        return (.done, 0)
    }

    /// Like ``takeBack(_:)``, but nil if the disk of the index is full: the image may be what fills it.
    private func takeBackIfPossible(_ removal: GarbageStep.ImageRemoval) throws -> Bool? {
        do {
            return try takeBack(removal)
        } catch  where index.isOnFullDisk || index.failure(error) == .diskFull(index.path) {
            return nil
        }
    }

    /// Drops or releases all entries that refer to the image, in one transaction. Returns false and changes nothing if
    /// one of them was used, or if another entry refers to the image by now.
    private func takeBack(_ removal: GarbageStep.ImageRemoval) throws -> Bool {
        do {
            try index.database.immediateTransaction {
                for claim in removal.claims {
                    let isDone =
                        switch claim {
                        case .drop(let entry): try drop(entry)
                        case .release(let entry):
                            try index.entries.releaseLocalImage(
                                key: entry.key,
                                scope: entry.scope,
                                id: removal.image.id,
                                unusedSince: unusedSince
                            )
                        }
                    guard isDone else { throw StillUsed() }
                }
                if try index.entries.promises(key: removal.image.key, localImageID: removal.image.id) {
                    throw StillUsed()
                }
            }
            return true
        } catch is StillUsed {
            return false
        }
    }

    private struct StillUsed: Error {}
}
