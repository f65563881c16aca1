import Options
import PluginConfiguration

/// The page docs/options.md: every option, from its definition. `script/help` writes it, and a test compares it.
enum OptionReference {
    static var page: String {
        ([introduction] + OptionTable.sections.map(section) + [notation]).joined(separator: "\n\n") + "\n"
    }

    private static let introduction = """
        <!-- script/help writes this page from the declarations of the options. -->
        # Options

        Every option of the plugin, by subject. Most pipelines need `image`, `provider` and the options of that
        [provider](providers.md).

        In a pipeline, an option stands below the plugin's name. On the command line, it is an argument of
        `docker-cache run` and of the commands that use it. Write `$$NAME` in a pipeline for a variable whose value the
        job has. [Notation](#notation) has the details.
        """

    private static let notation = """
        ## Notation

        - A dot means nesting: `registry.url` is `url` below `registry`. The command line has `--registry-url`.
        - A list may be one string, with one element per line. On the command line, repeat the argument:
          `--build-arg A=1 --build-arg B`.
        - `true`, `yes` and `on` are the same, and so are `false`, `no` and `off`. The command line has `--save` and
          `--no-save`.
        - The upload of a pipeline replaces `$NAME`, and turns `$$NAME` into `$NAME` for the job.
        - Options that hold a secret or say where images are may begin with `$NAME` or `${NAME}`: `$$REGISTRY/team`
          expands to the variable's value followed by `/team`.
        - A hook may set such a variable, up to and including the repository's own `pre-command` hook.

        ## Related pages

        [Providers](providers.md) · [Keys](keys.md) · [Names and later steps](names.md) · [Operations](operations.md)
        """

    private static func section(_ section: OptionSection) -> String {
        let rows = section.options.map(row)
        return (["## \(section.title)", "", "| option | value | default | meaning |", "|---|---|---|---|"] + rows)
            .joined(separator: "\n")
    }

    private static func row(_ option: OptionDefinition) -> String {
        let value =
            switch option.kind {
            case .text where option == OptionTable.gc: "choice, or limits"
            case .text: "string"
            case .list: "string or list"
            case .boolean: "boolean"
            case .number: "number"
            case .choice: "choice"
            }
        let isRequired = [OptionTable.image, OptionTable.provider].contains(option)
        let standard = option.defaultValue.map { "`\($0)`" } ?? (isRequired ? "required" : "")
        var arguments = "`--\(option.argument)`"
        if let short = option.short { arguments = "`-\(short)`, " + arguments }
        let differs = option.short != nil || option.argument != option.name.replacing(".", with: "-")
        let argument = differs ? ". On the command line: \(arguments)" : ""
        return "| `\(option.name)` | \(value) | \(standard) | \(meaning(option))\(argument) |"
    }

    /// The meaning, with the words of a choice as code.
    private static func meaning(_ option: OptionDefinition) -> String {
        let words = option == OptionTable.gc ? ["auto", "off"] : option.allowedWords
        return words.reduce(option.meaningInPipeline) { $0.replacing(" \($1): ", with: " `\($1)`: ") }
    }
}
