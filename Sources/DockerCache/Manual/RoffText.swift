/// Text as roff takes it: what roff would act on is escaped.
enum RoffText {
    /// Text within a line.
    static func escaped(_ text: some StringProtocol) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\e"
            // A bare one may be set as a hyphen, which nobody can paste into a shell; the others as curly quotes.
            case "-": escaped += "\\-"
            case "'": escaped += "\\(aq"
            case "`": escaped += "\\(ga"
            case "^": escaped += "\\(ha"
            case "~": escaped += "\\(ti"
            case _ where scalar.isASCII: escaped.unicodeScalars.append(scalar)
            default:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                escaped += "\\[u\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits)]"
            }
        }
        return escaped
    }

    /// A line of its own: one that begins with a point would be a request.
    static func line(_ text: some StringProtocol) -> String {
        text.hasPrefix(".") ? "\\&" + escaped(text) : escaped(text)
    }

    /// An argument of a request.
    static func argument(_ text: some StringProtocol) -> String {
        "\"" + escaped(text).split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\\(dq") + "\""
    }

    /// Paragraphs, separated by empty lines. Lines that begin with two spaces are examples, and keep their form.
    static func paragraphs(_ text: String) -> [String] {
        var lines: [String] = []
        var isExample = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let startsExample = line.hasPrefix("  ")
            if startsExample != isExample {
                lines.append(startsExample ? ".PP\n.EX" : ".EE")
                isExample = startsExample
            }
            if line.isEmpty { lines.append(".PP") } else { lines.append(Self.line(line)) }
        }
        if isExample { lines.append(".EE") }
        return lines
    }
}
