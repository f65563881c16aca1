import FoundationEssentials

/// Any JSON value, for content from many sources without a common schema.
///
/// Names in objects are found as in Go's `encoding/json`, exactly or otherwise case-insensitively. Docker reads
/// `onbuild` as `OnBuild`, and this code must see everything that Docker acts on.
package enum JSONValue: Equatable, Sendable, Decodable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// Parses a complete JSON document in UTF-8. Throws the error of `JSONDecoder` if it is not JSON.
    package init(parsing bytes: some Sequence<UInt8>) throws {
        self = try JSONDecoder().decode(JSONValue.self, from: Data(bytes))
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    /// The member `name` of an object. Nil if there is none, if this is not an object, or if the member is null.
    package subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        let member =
            members[name]
            ?? members.filter { $0.key.lowercased() == name.lowercased() }.min { $0.key < $1.key }?.value
        return member == .null ? nil : member
    }

    /// The value of a string.
    package var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The elements of an array.
    package var array: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The members of an object.
    package var object: [String: JSONValue]? {
        if case .object(let members) = self { members } else { nil }
    }

    /// The value of a number without a fraction.
    package var integer: Int64? {
        if case .number(let value) = self { Int64(exactly: value) } else { nil }
    }

    /// The members of an object that are strings. Empty if this is not an object.
    package var strings: [String: String] {
        (object ?? [:]).compactMapValues(\.string)
    }
}
