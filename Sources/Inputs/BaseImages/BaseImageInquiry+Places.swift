import Docker
import Fingerprint
import Host
import Logging
import Images

/// Queries of the daemon and the registries.
extension BaseImageInquiry {
    func askDaemon(_ question: BaseImageQuestion) async -> BaseImagePlace {
        do {
            // Docker would take a short name of hex digits for an id.
            let full = try? RegistryReference(question.reference)
            let name = full.flatMap { $0.digest == nil ? $0.description : nil } ?? question.reference
            guard let image = try await docker().inspectImage(name), image.platform == question.platform
            else { return .absent }
            let origin = BaseImagePinning.origin(of: image, question.reference)
            return .has(BaseImageCandidate(image, isOfContainerd: origin == .undisclosed))
        } catch {
            log.debug("The daemon could not be queried for the base image \(question.reference): \(error)")
            return .silent
        }
    }

    /// What the daemon has after a build. If only another name of the same image was tagged meanwhile, the image is
    /// reported as unchanged.
    func askDaemon(_ question: BaseImageQuestion, since before: BaseImageSighting) async -> BaseImagePlace {
        let after = await askDaemon(question)
        guard var image = after.candidate, let known = before.daemon.candidate, image.identity == known.identity,
            image.taggedText != known.taggedText, let name = try? RegistryReference(question.reference)
        else { return after }
        do {
            guard try await !docker().mayHaveMoved(name, since: before.askedAt, now: now) else { return after }
            image.taggedText = known.taggedText
            return .has(image)
        } catch {
            log.debug("The daemon could not be queried for what it named \(question.reference): \(error)")
            return after
        }
    }

    /// - Parameter references: the reference to look up for each question
    func askRegistries(_ references: [BaseImageQuestion: String]) async -> [BaseImageQuestion: BaseImagePlace] {
        await answers(to: Array(references.keys)) { [registries, log] question in
            let reference = references[question] ?? question.reference
            do {
                let image = try await registries.image(reference, question.platform)
                return image.map { .has(BaseImageCandidate($0)) } ?? .absent
            } catch {
                log.debug("The registry could not be queried for the base image \(reference): \(error)")
                return .silent
            }
        }
    }
}
