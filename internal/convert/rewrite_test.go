package convert

import "testing"

func TestRewrite(t *testing.T) {
	w := rewriter{"object": "variables.podTemplate", "oldObject": "variables.oldPodTemplate"}
	for in, want := range map[string]string{
		`object.spec.containers.all(c, has(c.image) && c.image != 'object.spec')`: `variables.podTemplate.spec.containers.all(c, has(c.image) && c.image != "object.spec")`,
		`object.?spec.?volumes.orValue([]).size() == 0`:                           `variables.podTemplate.?spec.?volumes.orValue([]).size() == 0`,
		`has(object.spec.x) ? object.metadata.annotations['a'] == '' : true`:      `has(variables.podTemplate.spec.x) ? (variables.podTemplate.metadata.annotations["a"] == "") : true`,
		`object.spec != oldObject.spec`:                                           `variables.podTemplate.spec != variables.oldPodTemplate.spec`,
		`[object].exists(o, o.spec.hostPID)`:                                      `[variables.podTemplate].exists(o, o.spec.hostPID)`,
		`object`:                                                                  `variables.podTemplate`,
		`variables.object.spec == request.object.spec`:                            `variables.object.spec == request.object.spec`,
	} {
		got, err := w.rewrite(in)
		if err != nil || got != want {
			t.Errorf("%s\n gave %s, %v\n want %s", in, got, err, want)
		}
	}
	for _, in := range []string{`[1].all(object, object > 0)`, `object.`} {
		if got, err := w.rewrite(in); err == nil {
			t.Errorf("%s gave %s, want an error", in, got)
		}
	}
	inline := rewriter{"object": "(has(dyn(object).template) ? dyn(object).template : object)"}
	got, err := inline.rewrite(`object.spec.hostPID && object.kind == 'x'`)
	if want := `(has(dyn(object).template) ? dyn(object).template : object).spec.hostPID && (has(dyn(object).template) ? dyn(object).template : object).kind == "x"`; got != want || err != nil {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
}
