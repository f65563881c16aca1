import Buildkite
import Docker
import Store

/// From options to an image: what `docker-cache run` and the `pre-command` hook both do.
enum LookupSession {
    /// Reads and checks the options, then does the lookup and writes its last line.
    static func run(_ options: OptionValues, _ surroundings: Surroundings) async throws -> LookupResult {
        let cache = try CacheConfiguration(options, environment: surroundings.environment, stage: .inCheckout)
        let inputs = try InputConfiguration(options, environment: surroundings.environment, stage: .inCheckout)
        let path = IndexLocation.path(
            option: try options.text(OptionTable.index),
            environment: surroundings.environment,
            home: surroundings.home
        )
        let docker = try DockerClient(environment: surroundings.environment, log: surroundings.log)
        let index = LookupIndex(at: path, now: surroundings.now(), log: surroundings.log)
        var lookup = Lookup(inputs: inputs, cache: cache, docker: docker, index: index, surroundings: surroundings)
        let result = try await lookup.run()
        let week: Int64 = 7 * 86_400_000
        let totals = index.attempt {
            try $0.events.totals(since: surroundings.now() - week, pipeline: lookup.job.pipeline)
        }
        surroundings.output.line("Image: \(result.image)")
        surroundings.output.line(
            LookupSummary.line(
                result,
                image: cache.image.description,
                totalMilliseconds: lookup.times.total,
                totals: totals
            )
        )
        return result
    }
}
