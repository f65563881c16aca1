import Testing
import Yams

/// The part of JSON Schema that plugins use. The agent validates a step's options with it
/// (https://json-schema.org/draft/2019-09). A keyword that is not supported here fails the test.
struct JSONSchema {
    private let schema: Node

    init(_ schema: Node) { self.schema = schema }

    /// The schema of a plugin, from the content of its `plugin.yml`.
    init(ofPlugin yaml: String) throws {
        self.init(try #require(try Yams.compose(yaml: yaml)?["configuration"]))
    }

    /// The problems of a value, one per line; empty if it is valid.
    func problems(_ value: Node, at place: String = "") -> [String] {
        guard let keywords = schema.mapping else { return ["\(place): the schema is no object"] }
        return keywords.flatMap { keyword, argument in
            check(value, keyword.string ?? "", argument).map { "\(place): \($0)" }
                + inner(value, keyword.string ?? "", argument, at: place)
        }
    }

    /// The problems that a keyword finds in the value itself.
    private func check(_ value: Node, _ keyword: String, _ argument: Node) -> [String] {
        switch keyword {
        case "type":
            let types = argument.sequence.map { $0.compactMap(\.string) } ?? [argument.string ?? ""]
            return types.contains(where: value.jsonTypes.contains) ? [] : ["is no \(types.joined(separator: " or "))"]
        case "enum":
            return argument.sequence?.contains(where: value.isSameJSON) == true ? [] : ["is not among the words"]
        case "pattern":
            guard value.jsonTypes == ["string"], let pattern = argument.string else { return [] }
            return (try? Regex(pattern).firstMatch(in: value.string ?? "")) == nil ? ["does not match \(pattern)"] : []
        case "minLength":
            return value.jsonTypes == ["string"] && (value.string ?? "").count < (argument.int ?? 0) ? ["is short"] : []
        case "minimum":
            return value.jsonTypes.contains("number") && value.number < argument.number ? ["is too small"] : []
        case "maximum":
            return value.jsonTypes.contains("number") && value.number > argument.number ? ["is too large"] : []
        case "required":
            return (argument.sequence?.compactMap(\.string) ?? []).filter { value.mapping != nil && value[$0] == nil }
                .map { "lacks \($0)" }
        case "dependencies":
            return (argument.mapping ?? [:]).flatMap { name, needed -> [String] in
                guard value[name.string ?? ""] != nil else { return [] }
                return (needed.sequence?.compactMap(\.string) ?? []).filter { value[$0] == nil }
                    .map { "has \(name.string ?? "") without \($0)" }
            }
        case "anyOf":
            let fits = argument.sequence?.contains { JSONSchema($0).problems(value).isEmpty } == true
            return fits ? [] : ["fits none of anyOf"]
        case "additionalProperties":
            let known = schema["properties"]?.mapping
            return (value.mapping ?? [:]).compactMap { name, _ in
                known?[name] == nil ? "there is no \(name.string ?? "")" : nil
            }
        case "properties", "items", "description", "default": return []
        default: return ["the keyword \(keyword) is not known to this test"]
        }
    }

    /// The problems of a value's parts.
    private func inner(_ value: Node, _ keyword: String, _ argument: Node, at place: String) -> [String] {
        switch keyword {
        case "properties":
            (argument.mapping ?? [:]).flatMap { name, property -> [String] in
                guard let part = value.mapping?[name] else { return [] }
                return JSONSchema(property).problems(part, at: "\(place)/\(name.string ?? "")")
            }
        case "items":
            (value.sequence ?? []).flatMap { JSONSchema(argument).problems($0, at: "\(place)/") }
        default: []
        }
    }
}

extension Node {
    /// JSON Schema's names for the type of this value.
    fileprivate var jsonTypes: [String] {
        if mapping != nil { return ["object"] }
        if sequence != nil { return ["array"] }
        switch tag.description {
        case Tag.Name.bool.rawValue: return ["boolean"]
        case Tag.Name.null.rawValue: return ["null"]
        case Tag.Name.int.rawValue: return ["integer", "number"]
        case Tag.Name.float.rawValue: return number == number.rounded() ? ["integer", "number"] : ["number"]
        default: return ["string"]
        }
    }

    fileprivate var number: Double { float ?? int.map(Double.init) ?? .nan }

    fileprivate func isSameJSON(_ other: Node) -> Bool {
        guard jsonTypes == other.jsonTypes else { return false }
        return bool.map { $0 == other.bool } ?? (string == other.string)
    }
}
