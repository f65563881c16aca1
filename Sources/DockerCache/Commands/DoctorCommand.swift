import ArgumentParser
import Buildkite
import Doctor
import PluginConfiguration
import Host
import Options
import Providers
import SystemPackage

/// `docker-cache doctor`: whether this machine has what the plugin needs.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check Docker, the index, the provider and the registry.",
        usage: "docker-cache doctor [<options>]",
        discussion: """
            Prints one line for each check, with what to do. Without options, it checks this \
            machine: docker, the index, the disks, the plugin. With the options of an image, as \
            run takes them, or in a job with the plugin, it also asks the provider and the \
            registry.

            It changes nothing, does not log in, and leaves nothing in the registry. --fix \
            repairs permissions of the index and a damaged index, and removes what killed \
            processes left.

            The exit status is 1 if anything keeps the plugin from working.

            Examples:
              docker-cache doctor
              docker-cache doctor --fix
              docker-cache doctor --image my-app --provider ecr
            """
    )

    /// The options of this command alone.
    struct Own: ParsableArguments {
        @Flag(help: "Repair what is safe to repair, and say what was done.")
        var fix = false
    }

    @OptionGroup(title: "Repair") var own: Own
    @OptionGroup var lookup: LookupArguments
    @OptionGroup(title: "Common") var common: CommonArguments

    func run() async throws {
        let surroundings = Surroundings.current(logTo: common.format.logDestination, verbose: common.verbose)
        try await CommandRunner.run(surroundings) {
            let doctor = Doctor(
                surroundings: surroundings,
                indexPath: indexPath(surroundings),
                subject: try subject(surroundings),
                isFixing: own.fix
            )
            var examinations: [Examination] = []
            let marks = DoctorMarks(
                isTerminal: Terminal.isTerminal(.standardOutput),
                environment: surroundings.environment
            )
            let width = DoctorCheck.Name.width
            try await doctor.run { examination in
                examinations.append(examination)
                if common.format == .text { try TextOutput.line(examination.line(marks: marks, width: width)) }
            }
            try common.print([Examination.summary(examinations, isFixing: own.fix)], json: DoctorReport(examinations))
            if Examination.hasProblem(examinations) { throw ExitCode(ExitStatus.failed) }
        }
    }

    private var given: OptionValues {
        var options = OptionValues(origin: .commandLine)
        lookup.add(to: &options)
        return options
    }

    /// The subject of the checks, from the command line or otherwise from the job. Throws ``OptionError`` for errors on
    /// the command line; errors in a pipeline are findings.
    func subject(_ surroundings: Surroundings) throws(OptionError) -> Doctor.Subject? {
        let environment = surroundings.environment
        let given = given
        if OptionTable.all.contains(where: given.has) {
            return try Self.configuration(given, environment)
        }
        do throws(OptionError) {
            let options = try Self.jobOptions(environment)
            guard OptionTable.all.contains(where: options.has) else { return nil }
            return try Self.configuration(options, environment)
        } catch {
            return .misconfigured(error)
        }
    }

    /// Checking the machine works outside the checkout: files have to exist only if options name them.
    private static func configuration(
        _ options: OptionValues,
        _ environment: [String: String]
    ) throws(OptionError) -> Doctor.Subject {
        let namesFiles = [OptionTable.context, OptionTable.dockerfile].contains(where: options.has)
        let inputs = try InputConfiguration(
            options,
            environment: environment,
            stage: namesFiles ? .inCheckout : .beforeCheckout
        )
        return .configured(try CacheConfiguration(options, environment: environment, stage: .inCheckout), inputs)
    }

    /// The plugin's options in this job, from its hooks' variables or otherwise from the step's list of plugins.
    private static func jobOptions(_ environment: [String: String]) throws(OptionError) -> OptionValues {
        let options = try PluginOptions.read(OptionTable.all, from: environment)
        guard !OptionTable.all.contains(where: options.has),
            let plugin = StepPlugin(list: environment["BUILDKITE_PLUGINS"] ?? "")
        else { return options }
        return try PluginOptions.read(OptionTable.all, from: plugin.variables)
    }

    private func indexPath(_ surroundings: Surroundings) -> FilePath? {
        // An unreadable configuration is a separate finding.
        let option = common.index ?? (try? Self.jobOptions(surroundings.environment))?.list(OptionTable.index).first
        return IndexLocation.path(option: option, environment: surroundings.environment, home: surroundings.home)
    }
}
