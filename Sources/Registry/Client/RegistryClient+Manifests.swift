import HTTP
package import Images
import NIOHTTP1

extension RegistryClient {
    /// The descriptor of the manifest or index that `reference` names: digest, size and type. Nil if it does not exist.
    ///
    /// Takes one `HEAD` request if the registry answers it in full. Otherwise the manifest itself is fetched too.
    ///
    /// - Parameter isOptional: whether later operations may run even if this one fails
    package func descriptor(
        of reference: RegistryReference,
        isOptional: Bool = false
    ) async throws(RegistryError) -> Descriptor? {
        try await operation(isOptional: isOptional) { deadline async throws(RegistryError) in
            let request = try manifestRequest(.HEAD, reference.repository, reference.target)
            let response = try await connection.send(request, before: deadline)
            if let descriptor = Self.descriptor(in: response, for: reference) { return descriptor }
            if response.status == 404, response.namesVersion, await connection.isOwn(response.url) { return nil }
            // Any other answer has no body to explain it. The answer to GET has one.
            return try await fetch(reference.repository, reference.target, before: deadline)?.descriptor
        }
    }

    /// The manifest or index that `reference` names, byte for byte. Nil if it does not exist.
    ///
    /// Its digest matches the one that the registry gave, and the one in the reference if there is one.
    package func manifest(of reference: RegistryReference) async throws(RegistryError) -> FetchedManifest? {
        try await operation { deadline async throws(RegistryError) in
            try await fetch(reference.repository, reference.target, before: deadline)
        }
    }

    /// Moves the tag of `reference` to `manifest`, which must already be in that repository. Takes one request.
    ///
    /// Throws ``RegistryError/Reason/immutableTag`` if the tag exists and may not be moved.
    package func putTag(
        _ manifest: FetchedManifest,
        as reference: ImageReference
    ) async throws(RegistryError) {
        try await operation { deadline async throws(RegistryError) in
            try await put(manifest, as: reference, before: deadline)
        }
    }

    func put(
        _ manifest: FetchedManifest,
        as reference: ImageReference,
        before deadline: Deadline
    ) async throws(RegistryError) {
        let path = try path(reference.repository, "manifests/\(reference.tag)")
        let request = RegistryRequest(
            method: .PUT,
            target: .path(path),
            scope: .push(Self.name(in: reference.repository)),
            contentType: manifest.mediaType,
            body: manifest.bytes,
            bodyLimit: settings.errorLimit
        )
        guard let response = try await connection.ask(request, before: deadline) else {
            throw RegistryError(
                .notFound,
                host: endpoint.name,
                request: request.summary,
                words: "the repository, or part of the image, is not there"
            )
        }
        try check(response, request, digest: manifest.digest)
    }

    func manifestRequest(
        _ method: HTTPMethod,
        _ repository: RepositoryName,
        _ target: String
    ) throws(RegistryError) -> RegistryRequest {
        RegistryRequest(
            method: method,
            target: .path(try path(repository, "manifests/\(target)")),
            scope: .pull(Self.name(in: repository)),
            accept: MediaType.manifestTypes,
            bodyLimit: settings.manifestLimit
        )
    }

    /// - Parameter target: a tag or a digest
    func fetch(
        _ repository: RepositoryName,
        _ target: String,
        before deadline: Deadline
    ) async throws(RegistryError) -> FetchedManifest? {
        let request = try manifestRequest(.GET, repository, target)
        guard let response = try await connection.ask(request, before: deadline) else { return nil }
        if await connection.body(of: response).form == .html {
            throw invalid(.notARegistry, request, "it answers with a page for people")
        }
        let type = try Self.mediaType(of: response).orThrow {
            invalid(.invalidContent, request, "\(ContentError.notJSON)")
        }
        guard type.isIndex || type.isManifest else {
            throw invalid(.invalidContent, request, "\(ContentError.unknownType(type))")
        }
        let manifest = FetchedManifest(bytes: response.body, mediaType: type)
        if let wanted = Digest(target), wanted != manifest.digest {
            throw invalid(.invalidContent, request, "its digest is \(manifest.digest)")
        }
        try check(response, request, digest: manifest.digest)
        return manifest
    }

    /// Checks `digest` against the one in the answer's header, if there is one that can be compared.
    private func check(_ response: HTTPResponse, _ request: RegistryRequest, digest: Digest) throws(RegistryError) {
        guard let given = response.headers.first(name: "Docker-Content-Digest"), given.hasPrefix("sha256:") else {
            return
        }
        guard given == digest.description else {
            throw invalid(
                .invalidContent,
                request,
                "its digest is \(digest), and the registry says \(ErrorBody.sanitized(given))"
            )
        }
    }

    func invalid(_ reason: RegistryError.Reason, _ request: RegistryRequest, _ words: String) -> RegistryError {
        RegistryError(reason, host: endpoint.name, request: request.summary, words: words)
    }

    static func name(in repository: RepositoryName) -> String {
        // A name that is too long after normalisation is rejected when the path of the request is built.
        (try? repository.normalized().path) ?? repository.path
    }

    /// The descriptor from the headers. Nil if they are incomplete.
    private static func descriptor(in response: HTTPResponse, for reference: RegistryReference) -> Descriptor? {
        guard response.isSuccess,
            let digest = response.headers.first(name: "Docker-Content-Digest").flatMap(Digest.init),
            reference.digest == nil || reference.digest == digest,
            let size = response.headers.first(name: "Content-Length").flatMap(Int64.init), size > 0
        else { return nil }
        let type = MediaType(response.headers.first(name: "Content-Type") ?? "")
        guard type.isIndex || type.isManifest else { return nil }
        return Descriptor(mediaType: type, digest: digest, size: size)
    }

    /// The type in the header or, if that is generic, the type of the content. Nil if the content is then not JSON.
    private static func mediaType(of response: HTTPResponse) -> MediaType? {
        let stated = MediaType(response.headers.first(name: "Content-Type") ?? "")
        guard ["", "application/json", "application/octet-stream", "text/plain"].contains(stated.description) else {
            return stated
        }
        guard let json = try? JSONValue(parsing: response.body), json.object != nil else { return nil }
        if let own = json["mediaType"]?.string { return MediaType(own) }
        if json["manifests"] != nil { return .imageIndex }
        return json["config"] != nil ? .imageManifest : stated
    }
}

extension Optional {
    fileprivate func orThrow<Failure: Error>(_ error: () -> Failure) throws(Failure) -> Wrapped {
        guard let self else { throw error() }
        return self
    }
}
