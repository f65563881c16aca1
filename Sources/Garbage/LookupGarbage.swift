import Buildkite
package import PluginConfiguration
package import Docker
package import Host
import Logging
import Store

/// The gc after a lookup: at most once an hour on a host, one at a time, and for a few seconds.
///
/// Errors are logged and otherwise ignored, because the step has its image by now. It runs in the foreground, so that
/// nothing outlives the step.
package struct LookupGarbage {
    package let policy: GarbagePolicy
    /// The maximum age of the lookup's own images, in milliseconds; nil for any age.
    package let lookupAge: Int64?
    package let index: LookupIndex
    package let docker: DockerClient
    package let surroundings: Surroundings

    package init(
        policy: GarbagePolicy,
        lookupAge: Int64?,
        index: LookupIndex,
        docker: DockerClient,
        surroundings: Surroundings
    ) {
        self.policy = policy
        self.lookupAge = lookupAge
        self.index = index
        self.docker = docker
        self.surroundings = surroundings
    }

    /// In milliseconds.
    private static let interval: Int64 = 3_600_000
    private static let budget = Duration.seconds(3)
    /// The minimum time for removal, even if the survey used up the budget. Otherwise, a gc that removes nothing
    /// because the daemon is busy would do the same an hour later.
    private static let leastTime = Duration.seconds(1)

    /// Whether a gc is due. `last` is when the last one began; both times are in milliseconds since 1970. A time in the
    /// future comes from a wrong clock, and is ignored.
    package static func isDue(last: Int64, now: Int64) -> Bool {
        now - last >= interval || last > now
    }

    /// Limits the contexts that BuildKit keeps, after each build, even one that failed or may not be saved: this tool
    /// left them there.
    package func tidy(after build: UsedBuilder?) async {
        guard policy.isOn, let build, build.leavesContexts, !Task.isCancelled else { return }
        do throws(DockerError) {
            let usage = try await docker.builderUsage(builder: build.name)
            guard usage.contexts > GarbageLimits.contextBytes else { return }
            let freed = try await docker.pruneContexts(usage, to: GarbageLimits.contextTarget, builder: build.name)
            surroundings.log.debug("BuildKit freed \(freed) bytes of contexts.")
        } catch .timedOut(let command, let seconds) {
            // The next build tries again.
            surroundings.log.debug("BuildKit is busy: `\(command)` did not end within \(seconds) seconds.")
        } catch {
            surroundings.log.warning("Build contexts that BuildKit keeps could not be removed: \(error)")
        }
    }

    /// Removes what is not worth keeping, if a gc is due. Prints a line if anything was removed.
    package func run() async {
        guard policy.isOn, let opened = index.opened, !opened.isReadOnly || opened.isOnFullDisk else { return }
        let now = surroundings.now()
        let last = GarbageLock.lastRun(opened.path)
        if let last, !Self.isDue(last: last, now: now) { return }
        do {
            guard let lock = try GarbageLock.take(opened.path, unless: { $0 != last }, now: now) else { return }
            defer { lock.release() }
            // A new index has nothing to remove. The hour starts now.
            guard last != nil else { return }
            try await collect(opened, now: now)
        } catch {
            surroundings.log.warning("Old entries and images could not be removed: \(opened.failure(error))")
        }
    }

    private func collect(_ index: Index, now: Int64) async throws {
        let clock = ContinuousClock()
        let start = clock.now
        let limits = policy.limits(lookupAge: lookupAge)
        let survey = GarbageSurvey(
            index: index,
            docker: docker,
            environment: surroundings.environment,
            log: surroundings.log
        )
        let plan = GarbagePlan(try await survey.inventory(limits, now: now), limits: limits, now: now)
        let budget = GarbageBudget.from(now: max(Self.leastTime, Self.budget - (clock.now - start)))
        let collection = GarbageCollection(index: index, docker: docker, log: surroundings.log, now: now)
        let report = GarbageReport(plan, await collection.carryOut(plan, within: budget))
        collection.emptyLog()
        for line in report.lines.dropLast() { surroundings.log.debug("\(line)") }
        for line in report.report.failed { surroundings.log.warning("Not removed:\(line.text)") }
        if !report.report.removed.isEmpty { surroundings.output.line("gc: \(report.summary)") }
    }
}
