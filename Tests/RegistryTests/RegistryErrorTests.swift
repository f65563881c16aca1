import Images
import Testing

@Suite struct RegistryErrorTests {}
