package kyverno

import (
	"path"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/policy"
)

// kindSelector is one entry of `kinds`.
type kindSelector struct {
	group   string // may hold wildcards
	version string // the same; empty where the entry names none
	kind    string
	sub     string // subresource, "*" for the resource and all of them
}

// resource is an API resource that an entry of `kinds` stands for.
type resource struct {
	group      string
	versions   []string
	plural     string // with the subresource
	sub        string
	namespaced bool
}

func (res resource) inNamespace() bool { return res.namespaced }

// selector takes an entry of `kinds` apart as Kyverno does (ParseKindSelector):
// Kind, version/Kind, group/version/Kind, each with /subresource or
// .subresource. A version without a group means any group.
func (t kindTable) selector(entry string) (kindSelector, bool) {
	parts := strings.Split(entry, "/")
	last := len(parts) - 1
	parts = append(parts[:last], strings.Split(parts[last], ".")...)
	if slices.Contains(parts, "") {
		return kindSelector{}, false
	}
	isVersion := t.version.MatchString(parts[0])
	switch len(parts) {
	case 1:
		return kindSelector{"*", "", parts[0], ""}, true
	case 2:
		// `*/exec` and `*/*` are subresources of any kind, `*/Pod` is a kind of
		// any version: kinds begin with a capital letter.
		if isVersion && strings.ToLower(parts[1]) != parts[1] {
			return kindSelector{"*", parts[0], parts[1], ""}, true
		}
		return kindSelector{"*", "", parts[0], parts[1]}, true
	case 3:
		if isVersion {
			return kindSelector{"*", parts[0], parts[1], parts[2]}, true
		}
		return kindSelector{parts[0], parts[1], parts[2], ""}, true
	case 4:
		return kindSelector{parts[0], parts[1], parts[2], parts[3]}, true
	}
	return kindSelector{}, false
}

// kind gives the resources that an entry stands for, or refuses the rule.
func (r *reading) kind(entry text, s side) []resource {
	sel, ok := r.kinds.selector(entry.Value)
	if !ok {
		r.errorf(entry.Line, "%s.resources.kinds: %q is not a kind, want Kind, version/Kind or group/version/Kind",
			s.name, entry.Value)
		return nil
	}
	found := r.kinds.resolve(sel)
	if len(found) == 0 {
		r.refuse(entry.Line, policy.UnknownKind, "%s", r.kinds.unknown(sel, entry.Value))
	}
	return found
}

// resolve gives the resources of a selector; none where the table has none, or
// where it cannot tell, as with a pattern in the kind or the subresource.
func (t kindTable) resolve(sel kindSelector) []resource {
	if !sel.plainSubresource() {
		return nil
	}
	if strings.ContainsAny(sel.kind, "*?") {
		return anyKind(sel)
	}
	var out []resource
	for _, row := range t.rows {
		versions := row.match(sel)
		if len(versions) == 0 {
			continue
		}
		for _, sub := range subresources(sel.sub) {
			out = append(out, resource{row.group, versions, row.plural + sub, sel.sub, row.namespaced})
		}
	}
	return out
}

// plainSubresource is false where the subresource is a pattern, or a kind.
func (sel kindSelector) plainSubresource() bool {
	return sel.sub == "*" || strings.Trim(sel.sub, "abcdefghijklmnopqrstuvwxyz") == ""
}

// match gives the versions of the row that a selector means. Those of a bare
// kind are spelled out: the API server does not type-check against a wildcard.
func (row kindRow) match(sel kindSelector) []string {
	if row.kind != sel.kind || !glob(sel.group, row.group) {
		return nil
	}
	switch sel.version {
	case "":
		return row.versions
	case "*":
		return []string{"*"}
	}
	var out []string
	for _, v := range row.versions {
		if glob(sel.version, v) {
			out = append(out, v)
		}
	}
	return out
}

// anyKind is for the kind `*`; no table can list the kinds of other patterns.
func anyKind(sel kindSelector) []resource {
	version := sel.version
	if version == "" {
		version = "*"
	}
	for _, word := range []string{sel.group, version, sel.kind} {
		if word != "*" && strings.ContainsAny(word, "*?") {
			return nil
		}
	}
	name := "*"
	if sel.sub != "" {
		name += "/" + sel.sub
	}
	return []resource{{sel.group, []string{version}, name, sel.sub, true}}
}

// subresources gives the endings of a plural. Kyverno's `Pod/*` holds the pod.
func subresources(sub string) []string {
	switch sub {
	case "":
		return []string{""}
	case "*":
		return []string{"", "/*"}
	default:
		return []string{"/" + sub}
	}
}

// glob matches words that have no slash, by * and ?.
func glob(pattern, word string) bool {
	ok, err := path.Match(pattern, word)
	return ok && err == nil
}
