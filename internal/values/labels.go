package values

// NamespaceLabels makes the labels that the values want on namespaces, by full name: with
// label binding those of their domain, else none.
func (v Values) NamespaceLabels() map[string]map[string]string {
	out := map[string]map[string]string{}
	if !v.ByLabel() {
		return out
	}
	for _, name := range v.Names() {
		e := *v.Namespaces[name]
		labels := v.ProfileLabels(e.Profile, e.Exceptions...)
		labels[v.LabelDomain+"/warn"], labels[v.LabelDomain+"/audit"] = e.Warn, e.Audit
		for _, rule := range e.Exclude {
			labels[v.LabelDomain+"/"+rule] = "exclude"
		}
		out[name] = labels
	}
	return out
}

// ProfileLabels makes the labels that bind a profile and exceptions.
func (v Values) ProfileLabels(profile string, exceptions ...string) map[string]string {
	out := map[string]string{v.LabelDomain + "/profile": profile}
	for _, name := range exceptions {
		out[v.LabelDomain+"/"+name] = "include"
	}
	return out
}
