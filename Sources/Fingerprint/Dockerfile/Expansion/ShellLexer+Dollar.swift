extension ShellLexer {
    /// Expands `$name` or `${name…}`. `rest` begins with the dollar sign.
    mutating func dollar() throws(ShellError) -> [UInt8] {
        rest.removeFirst()
        guard rest.first == UInt8(ascii: "{") else {
            let name = try variableName()
            if name.isEmpty {
                return [DockerfileText.dollar]
            }
            let value = try variables.value(of: name)
            return value ?? (keepsUnset ? [DockerfileText.dollar] + name : [])
        }
        rest.removeFirst()
        guard let first = rest.first, ![UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: ":")].contains(first) else {
            throw ShellError("a substitution without a name")
        }
        let name = try variableName()
        guard let modifier = rest.popFirst() else {
            throw ShellError("a substitution that is not closed")
        }
        if modifier == UInt8(ascii: "}") {
            let value = try variables.value(of: name)
            return value ?? (keepsUnset ? Array("${".utf8) + name + Array("}".utf8) : [])
        }
        if modifier == DockerfileText.slash {
            return try replaced(name)
        }
        return try modified(name, by: modifier)
    }

    /// Expands `${name:-word}` and similar forms.
    private mutating func modified(_ name: [UInt8], by first: UInt8) throws(ShellError) -> [UInt8] {
        let isEmptyUnset = first == UInt8(ascii: ":")
        let modifier = isEmptyUnset ? rest.popFirst() : first
        guard let modifier, "+-?#%".utf8.contains(modifier) else {
            throw ShellError("a substitution with an unknown modifier")
        }
        let trims = modifier == DockerfileText.hash || modifier == UInt8(ascii: "%")
        guard !trims || !isEmptyUnset else {
            throw ShellError("a substitution with an unknown modifier")
        }
        let word = try part(until: UInt8(ascii: "}"), keepingEscapes: trims)
        let value = try variables.value(of: name)
        if keepsUnset, value == nil {
            return Array("${".utf8) + name + (isEmptyUnset ? [first] : []) + [modifier] + word + Array("}".utf8)
        }
        let hasValue = value != nil && !(isEmptyUnset && value == [])
        switch modifier {
        case UInt8(ascii: "-"): return hasValue ? value ?? [] : word
        case UInt8(ascii: "+"): return hasValue ? word : []
        case UInt8(ascii: "?"):
            guard hasValue else {
                throw ShellError("the variable \(DockerfileText.string(name)) must be set")
            }
            return value ?? []
        default:
            let isGreedy = word.first == modifier
            let pattern = try ShellPattern(isGreedy ? Array(word.dropFirst()) : word)
            return try pattern.trimmed(
                value ?? [],
                fromEnd: modifier == UInt8(ascii: "%"),
                greedily: isGreedy
            )
        }
    }

    /// Expands `${name/pattern/replacement}`, or the form with `//`, which replaces all matches.
    private mutating func replaced(_ name: [UInt8]) throws(ShellError) -> [UInt8] {
        let isEverywhere = rest.first == DockerfileText.slash
        if isEverywhere { rest.removeFirst() }
        let pattern = try part(until: DockerfileText.slash, keepingEscapes: true)
        let replacement = try part(until: UInt8(ascii: "}"), keepingEscapes: true)
        let value = try variables.value(of: name)
        if keepsUnset, value == nil {
            return Array("${".utf8) + name + [DockerfileText.slash] + pattern + [DockerfileText.slash] + replacement
                + Array("}".utf8)
        }
        return try ShellPattern(pattern).replaced(in: value ?? [], with: replacement, everywhere: isEverywhere)
    }

    private mutating func part(until stop: UInt8, keepingEscapes: Bool) throws(ShellError) -> [UInt8] {
        let kept = keepsEscapes
        keepsEscapes = keepingEscapes
        defer { keepsEscapes = kept }
        return try process(until: stop).text
    }

    /// Reads a name of letters, digits and `_`; only digits; or one of the special parameters.
    private mutating func variableName() throws(ShellError) -> [UInt8] {
        guard let first = rest.first else {
            return []
        }
        let name: ArraySlice<UInt8>
        if DockerfileText.isDigit(first) {
            name = rest.prefix(while: DockerfileText.isDigit)
        } else if "@*#?-$!".utf8.contains(first) {
            name = rest.prefix(1)
        } else {
            name = rest.prefix { DockerfileText.isLetter($0) || DockerfileText.isDigit($0) || $0 == UInt8(ascii: "_") }
        }
        rest = rest.dropFirst(name.count)
        // Go decides which Unicode characters are letters, so other names are rejected.
        guard rest.first.map({ $0 < 0x80 }) ?? true else {
            throw ShellError("the name of a variable that is not ASCII")
        }
        return Array(name)
    }
}
