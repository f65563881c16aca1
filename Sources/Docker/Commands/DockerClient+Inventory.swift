import FoundationEssentials

/// The daemon's images and containers, and the removal of names.
extension DockerClient {
    /// The number of images or containers that one process inspects. The output has a few kilobytes for each.
    private static let batch = 100

    /// All images with the label, whatever its value. Runs one process for the list, and then ``inspectImages(_:)``.
    package func images(labelled label: String) async throws(DockerError) -> [ImageDetails] {
        let list = ["image", "ls", "--no-trunc", "--filter", "label=\(label)", "--format", "{{.ID}} {{.Size}}"]
        // The list has one line for each name of an image.
        let listed = Dictionary(
            try await lines(list).map { line in
                let words = line.split(separator: " ")
                return (String(words.first ?? ""), words.count == 2 ? ImageSize.bytes(words[1]) : nil)
            },
            uniquingKeysWith: { first, _ in first }
        )
        return try await inspectImages(listed.keys.sorted()).map { image in
            var image = image
            image.size = ImageSize.onDisk(inspected: image.size, listed: listed[image.id] ?? nil)
            return image
        }
    }

    /// Inspects several references or ids. Leaves out those that the daemon does not have. Runs no process if the
    /// daemon's socket is accessible, otherwise one for each hundred names.
    package func inspectImages(_ names: [String]) async throws(DockerError) -> [ImageDetails] {
        if case .socket(let path) = connection {
            var found: [FoundImage] = []
            for name in names {
                guard let image = try await inspectImage(name, over: EngineSocket(path: path)) else { break }
                found.append(image)
            }
            if found.count == names.count { return found.compactMap(\.details) }
        }
        return try await inspectImagesByCommand(names)
    }

    func inspectImagesByCommand(_ names: [String]) async throws(DockerError) -> [ImageDetails] {
        let lines = try await inspect("image", format: "{{json .}}", names)
        do {
            return try lines.map { try ImageDetails.decode(Data($0.utf8)) }
        } catch {
            throw .unexpectedAnswer(command: "docker image inspect", message: ImageDetails.expected)
        }
    }

    /// The ids of all images that a container uses, running or not. Runs one process for the list, and one for each
    /// hundred containers.
    package func imagesOfContainers() async throws(DockerError) -> Set<String> {
        let list = ["container", "ls", "--all", "--no-trunc", "--quiet"]
        return Set(try await inspect("container", format: "{{.Image}}", Set(lines(list)).sorted()))
    }

    /// The result of removing a name.
    package enum NameRemoval: Equatable, Sendable {
        /// - Parameter deleted: whether this was the image's last name, so that the image was deleted too
        case removed(deleted: Bool)
        case notThere
        /// The daemon needs the name. Carries its message, which gives the reason.
        case refused(String)
    }

    /// Removes a name from an image, never by force: what a container uses stays.
    package func removeName(_ name: String) async throws(DockerError) -> NameRemoval {
        let arguments = ["image", "rm", name]
        let answer = try await capture(arguments)
        if answer.status == 0 { return .removed(deleted: answer.output.contains("Deleted: ")) }
        if DockerAnswer.isNoSuchImage(answer.errorText) { return .notThere }
        if DockerAnswer.isInUse(answer.errorText) {
            return .refused(answer.errorText.split(whereSeparator: \.isNewline).joined(separator: " "))
        }
        throw failure(arguments, answer)
    }

    /// The maximum number of attempts to get a list that changes meanwhile.
    private static let mostTries = 5

    private func lines(_ arguments: [String]) async throws(DockerError) -> [String] {
        var answer = try await capture(arguments)
        for _ in 1..<Self.mostTries where answer.status != 0 && DockerAnswer.isChangingList(answer.errorText) {
            answer = try await capture(arguments)
        }
        guard answer.status == 0 else { throw failure(arguments, answer) }
        return answer.output.split(whereSeparator: \.isNewline).map(String.init)
    }

    /// One line for each object that still exists. Other processes may have removed some since the list was made.
    private func inspect(
        _ kind: String,
        format: String,
        _ identifiers: [String]
    ) async throws(DockerError) -> [String] {
        var lines: [String] = []
        for start in stride(from: 0, to: identifiers.count, by: Self.batch) {
            let some = identifiers[start..<min(start + Self.batch, identifiers.count)]
            let arguments = [kind, "inspect", "--format", format] + some
            var answer = try await capture(arguments)
            for _ in 1..<Self.mostTries where answer.status != 0 && DockerAnswer.isChangingList(answer.errorText) {
                answer = try await capture(arguments)
            }
            guard answer.status == 0 || DockerAnswer.isNothingButGone(answer.errorText) else {
                throw failure([kind, "inspect"], answer)
            }
            lines += answer.output.split(whereSeparator: \.isNewline).map(String.init)
        }
        return lines
    }
}
