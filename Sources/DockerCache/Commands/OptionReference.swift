import Options
import PluginConfiguration

/// The page docs/options.md: every option, from its definition. `script/help` writes it, and a test compares it.
enum OptionReference {
    static var page: String {
        ([introduction] + OptionTable.sections.map(section)).joined(separator: "\n\n") + "\n"
    }

    private static let introduction = """
        # Options

        Every option of the plugin, by subject. In a pipeline, an option stands below the plugin's name. On the command
        line, it is an argument of `docker-cache run` and of the commands that use it. Most pipelines need `image`,
        `provider` and the options of that [provider](providers.md).

        <!-- script/help writes this page from the declarations of the options. -->

        - A dot means nesting: `registry.url` is `url` below `registry`. The command line has `--registry-url`.
        - A list may be one string, with one element per line. On the command line, repeat the argument:
          `--build-arg A=1 --build-arg B`.
        - `true`, `yes` and `on` are the same, and so are `false`, `no` and `off`. The command line has `--save` and
          `--no-save`.
        - In a pipeline, write `$$NAME` for a variable whose value the job has. With one `$`, the upload of the pipeline
          replaces it. Options that hold a secret or say where images are may begin with `$NAME` or `${NAME}`:
          `$$REGISTRY/team` expands to the variable's value followed by `/team`. A hook may set the variable, up to and
          including the repository's own `pre-command` hook.
        """

    private static func section(_ section: OptionSection) -> String {
        let rows = section.options.map(row)
        return (["## \(section.title)", "", "| option | value | default | meaning |", "|---|---|---|---|"] + rows)
            .joined(separator: "\n")
    }

    private static func row(_ option: OptionDefinition) -> String {
        let value =
            switch option.kind {
            case .text where option == OptionTable.gc: "`auto`, `off`, or limits"
            case .text: "string"
            case .list: "string or list"
            case .boolean: "boolean"
            case .number: "number"
            case .choice(let words): words.map { "`\($0)`" }.joined(separator: ", ")
            }
        let isRequired = [OptionTable.image, OptionTable.provider].contains(option)
        let standard = option.defaultValue.map { "`\($0)`" } ?? (isRequired ? "required" : "")
        var arguments = "`--\(option.argument)`"
        if let short = option.short { arguments = "`-\(short)`, " + arguments }
        let differs = option.short != nil || option.argument != option.name.replacing(".", with: "-")
        let argument = differs ? " (On the command line: \(arguments).)" : ""
        return "| `\(option.name)` | \(value) | \(standard) | \(option.meaningInPipeline).\(argument) |"
    }
}
