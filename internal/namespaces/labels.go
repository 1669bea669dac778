package namespaces

// Labels makes the labels that the values want on namespaces, by full name: with label
// binding those of their domain, else none.
func Labels(v Values) map[string]map[string]string {
	out := map[string]map[string]string{}
	if v.NamespaceBinding != "label" {
		return out
	}
	for _, name := range v.Names() {
		e := *v.Namespaces[name]
		labels := map[string]string{}
		for key, value := range map[string]string{"profile": e.Profile, "warn": e.Warn, "audit": e.Audit} {
			labels[v.LabelDomain+"/"+key] = value
		}
		for _, rule := range e.Exclude {
			labels[v.LabelDomain+"/"+rule] = "exclude"
		}
		for _, exception := range e.Exceptions {
			labels[v.LabelDomain+"/"+exception] = "include"
		}
		out[name] = labels
	}
	return out
}
