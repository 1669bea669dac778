package project

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/vapchart/vapchart/internal/term"
)

// library is where a ref is looked up when vapchart.yaml names no repository.
const library = "https://github.com/kyverno/policies"

// SourceOptions are the flags that name another source of policies, by their names.
type SourceOptions struct {
	Ref, Source string
	Check       bool
}

// Apply gives the source that the flags ask for. A ref alone keeps the present
// repository or folder; the built-in library has no refs, so there it means
// Kyverno's own repository.
func (f SourceOptions) Apply(p *Project, now Upstream) (Upstream, error) {
	out := now
	switch {
	case f.Source == "builtin":
		out = Upstream{Builtin: &Builtin{}}
	case strings.Contains(f.Source, "://"):
		out = Upstream{Git: &Git{URL: f.Source}}
		if now.Git != nil {
			out.Git.Ref = now.Git.Ref
		}
	case f.Source != "":
		out = Upstream{Directory: &Directory{Path: p.relative(f.Source)}}
	case f.Ref != "" && now.Builtin != nil:
		out = Upstream{Git: &Git{URL: library}}
	}
	if err := f.refusal(out); f.Ref == "" || err != nil {
		return out, err
	}
	switch {
	case out.Git != nil:
		out.Git = &Git{URL: out.Git.URL, Ref: f.Ref}
	case out.Directory != nil:
		out.Directory = &Directory{Path: out.Directory.Path, Ref: f.Ref}
	default:
		return out, term.Usage(errors.New("vendor: the built-in library has no refs"))
	}
	return out, nil
}

func (f SourceOptions) refusal(out Upstream) error {
	if out.Git != nil && f.Source != "" {
		if u, err := url.Parse(f.Source); err == nil && u.User != nil {
			return term.Usage(errors.New("vendor: --source holds credentials, which would be written into " + File +
				"; write the url there yourself if that is meant"))
		}
	}
	if out.Git != nil && out.Git.Ref == "" && f.Ref == "" {
		return term.Usage(fmt.Errorf("vendor: %s needs --ref", f.Source))
	}
	return nil
}

// WithSource gives the text of vapchart.yaml with another source in it, nil
// where the source stays the same.
func WithSource(p *Project, text []byte, now, next Upstream) ([]byte, error) {
	if now.String() == next.String() {
		return nil, nil
	}
	return SetUpstream(filepath.ToSlash(p.Path(File)), text, next)
}
