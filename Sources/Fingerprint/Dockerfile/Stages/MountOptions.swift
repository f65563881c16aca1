/// The options of a `RUN --mount` that decide what it takes from the context or from elsewhere.
struct MountOptions: Equatable {
    private(set) var type = Array("bind".utf8)
    private(set) var from: [UInt8] = []
    private(set) var source: [UInt8] = []
    /// The source before its variables are replaced: frontends before version 1.3 did not replace them.
    private(set) var sourceAsWritten: [UInt8] = []

    private static let keys: Set<String> = [
        "type", "from", "source", "src", "target", "dst", "destination", "readonly", "ro", "readwrite", "rw",
        "required",
        "size", "id", "sharing", "mode", "uid", "gid", "env",
    ]

    /// - Parameter expand: replaces the variables of a value.
    init(_ text: [UInt8], expand: ([UInt8]) throws(ShellError) -> [UInt8]) throws(ShellError) {
        guard !text.contains(UInt8(ascii: "\"")) else {
            throw ShellError("a mount with quotes")
        }
        for field in text.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            let parts = DockerfileText.cut(Array(field), at: DockerfileText.equals)
            let key = DockerfileText.string(DockerfileText.lowercased(parts?.before ?? Array(field)))
            guard Self.keys.contains(key) else {
                throw ShellError("a mount with the unknown option \(key)")
            }
            guard let written = parts?.after else {
                continue
            }
            switch key {
            case "type":
                type = DockerfileText.lowercased(try expand(written))
                guard ["bind", "cache", "tmpfs", "secret", "ssh"].contains(DockerfileText.string(type)) else {
                    throw ShellError("a mount of an unknown type")
                }
            case "from":
                guard
                    written.allSatisfy({ $0 != DockerfileText.dollar && $0 != DockerfileText.backslash && $0 != 0x27 })
                else {
                    throw ShellError("a mount from a stage that is not named plainly")
                }
                from = written
            case "source", "src":
                source = try expand(written)
                sourceAsWritten = written
            default: break
            }
        }
    }
}
