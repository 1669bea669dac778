package push

// Media types of Helm's charts and of what Flux reads as a source.
const (
	helmConfig     = "application/vnd.cncf.helm.config.v1+json"
	helmChart      = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
	helmProvenance = "application/vnd.cncf.helm.chart.provenance.v1.prov"
	fluxConfig     = "application/vnd.cncf.flux.config.v1+json"
	fluxContent    = "application/vnd.cncf.flux.content.v1.tar+gzip"
)

// Chart gives a packed chart as `helm push` would push it: what it says of itself
// as JSON, the archive, and the signature over it if there is one. Unlike Helm it
// names no time, so that the same chart is the same artifact.
func Chart(name, version string, metadata, archive, provenance []byte) Artifact {
	a := Artifact{
		Repository: name, Version: version, Config: Blob{helmConfig, metadata}, Layers: []Blob{{helmChart, archive}},
		Annotations: map[string]string{titleKey: name, versionKey: version},
	}
	if provenance != nil {
		a.Layers = append(a.Layers, Blob{helmProvenance, provenance})
	}
	return a
}

// Overlays gives a packed folder as `flux push artifact` would push it; Flux
// writes source and revision into the status of what reads it.
func Overlays(name, version, source, revision string, archive []byte) Artifact {
	return Artifact{
		Repository: name, Version: version, Config: Blob{fluxConfig, []byte("{}")}, Layers: []Blob{{fluxContent, archive}},
		Annotations: map[string]string{titleKey: name, versionKey: version, sourceKey: source, revisionKey: revision},
	}
}

// Keys of annotations that the OCI defines.
const (
	titleKey    = "org.opencontainers.image.title"
	versionKey  = "org.opencontainers.image.version"
	sourceKey   = "org.opencontainers.image.source"
	revisionKey = "org.opencontainers.image.revision"
)
