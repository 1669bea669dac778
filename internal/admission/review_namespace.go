package admission

// Namespace gives the namespace that the request went to, once everything was
// known about it: empty for a kind that is in none, and the name of a Namespace
// for itself.
func (r *Review) Namespace() string { return r.attrs.GetNamespace() }
