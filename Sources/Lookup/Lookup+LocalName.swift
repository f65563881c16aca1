import Buildkite
import Docker
import Fingerprint
import Host
import Images
import Logging
import PluginConfiguration
import Store

/// The name of a lookup's image in the daemon: see ``LocalImageName``.
extension Lookup {
    /// The name under which the step runs the promised image: one that it has, or a new unique one. Returns nil if the
    /// image no longer exists.
    ///
    /// The image never gets the shared name back, because that may belong to a newer image that another step is about
    /// to run.
    func nameOfPromised(_ image: ImageDetails, _ key: Key, _ place: CachePlace) async throws -> ImageReference? {
        let shared = try place.localImage(key)
        if image.isNamed(shared) { return shared }
        let own = try LocalImageName.own(shared, id: image.id)
        if image.isNamed(own) { return own }
        do {
            try await daemon.tag(image.id, as: own)
        } catch {
            guard case .failed = error else { throw error }
            return nil
        }
        surroundings.output.line("\(shared) is not the image that this index knows, which is \(own) from now on.")
        return own
    }

    /// Gives a newly built or pulled image the shared name, or a unique one if another image keeps the shared name.
    ///
    /// - Parameters:
    ///   - known: the id of the image that the index promised before
    ///   - isSaved: whether it matches its key
    ///   - temporary: the name that it was built under. An image that is not saved keeps it, and gc soon removes it
    func name(
        _ image: ImageDetails,
        _ key: Key,
        _ place: CachePlace,
        known: String?,
        isSaved: Bool,
        temporary: ImageReference? = nil
    ) async throws -> ImageReference {
        let shared = try place.localImage(key)
        if image.isNamed(shared) { return shared }
        var own = try LocalImageName.own(shared, id: image.id)
        if image.isNamed(own) { return own }
        if !isSaved, let temporary { own = temporary }
        // A trusted build may be about to give this name to its image, and to run it.
        if cache.isIsolated, !place.isUntrusted {
            if own != temporary { try await daemon.tag(image.id, as: own) }
            return own
        }
        let holder = try await daemon.inspectImage(shared.description)
        let name =
            LookupDecision.takesSharedName(
                image,
                from: holder,
                known: known,
                image: cache.image,
                key: key,
                isSaved: isSaved
            ) ? shared : own
        if name != temporary { try await daemon.tag(image.id, as: name) }
        if name == own {
            surroundings.output.line(
                "\(shared) is another image of the same key and keeps its name. This one is \(own)."
            )
        }
        return name
    }

    /// The image that was built under a temporary name. Returns nil, with a warning, if the daemon fails to answer.
    /// Throws ``VanishedImage`` if the image is gone.
    func lookAtBuilt(_ temporary: ImageReference) async throws -> ImageDetails? {
        do {
            guard let image = try await daemon.inspectImage(temporary.description) else { throw VanishedImage() }
            return image
        } catch let error as DockerError {
            try noteSilence(error, "The image is used for this step as \(temporary), and not saved.")
            return nil
        }
    }

    /// Gives an image that was built under a temporary name its final name, as ``name(_:_:_:known:isSaved:temporary:)``
    /// does. Returns the name for the step. Throws ``VanishedImage`` if the image is gone.
    func rename(
        _ image: ImageDetails,
        _ temporary: ImageReference,
        _ key: Key,
        known: String?,
        isSaved: Bool
    ) async throws -> ImageReference {
        let name: ImageReference
        do {
            name = try await self.name(image, key, cache.place, known: known, isSaved: isSaved, temporary: temporary)
        } catch let error as DockerError {
            try noteSilence(error, "The image is used for this step as \(temporary).")
            _ = try await lookAtBuilt(temporary)
            return temporary
        }
        guard name != temporary else { return temporary }
        do {
            // If gc removed the other name meanwhile, removing this one has deleted the image.
            if try await daemon.removeName(temporary.description) == .removed(deleted: true) { throw VanishedImage() }
        } catch let error as DockerError {
            try noteSilence(error, "\(temporary) stays until gc removes it.")
        }
        return name
    }

    /// Logs a daemon error as a warning. Throws errors that end the lookup: an unreachable daemon, a cancelled job, and
    /// with `on-error: fail` any error.
    func noteSilence(_ error: DockerError, _ consequence: String) throws {
        try rethrowIfFatal(error)
        surroundings.log.warning("\(error) \(consequence)")
    }
}

/// A newly built image was removed by another process.
struct VanishedImage: Error {}

extension LookupDecision {
    /// Whether a newly built or pulled image takes the shared name of its key.
    ///
    /// The name stays with the newest image that matches the key, whichever index knows it. Otherwise a step that had
    /// the image rebuilt could run an older one. Two indexes on one daemon know different images.
    ///
    /// - Parameters:
    ///   - holder: the image that has the name; nil if there is none
    ///   - known: the id of the image that the index promised before, which this one replaces
    static func takesSharedName(
        _ new: some ImageDescription,
        from holder: ImageDetails?,
        known: String?,
        image: RepositoryName,
        key: Key,
        isSaved: Bool
    ) -> Bool {
        guard let holder else { return true }
        // A step may be about to run the image with this name.
        guard isSaved else { return false }
        guard holder.labels[ImageAge.keyLabel] == key.description,
            holder.labels[ImageAge.imageLabel] == image.description
        else { return true }
        if holder.id == known { return true }
        guard let built = ImageAge.builtAt(new), let other = ImageAge.builtAt(holder) else { return false }
        return built > other
    }
}

extension ImageDetails {
    fileprivate func isNamed(_ name: ImageReference) -> Bool {
        names.contains(LocalImageName.listed(name.description))
    }
}
