package chainsaw

import (
	"encoding/json"
	"path"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// portRange is one entry of hostPorts: a port, or an object of min and max.
type portRange struct{ Min, Max int32 }

// UnmarshalJSON takes both forms.
func (r *portRange) UnmarshalJSON(data []byte) error {
	if err := json.Unmarshal(data, &r.Min); err == nil {
		r.Max = r.Min
		return nil
	}
	type both portRange
	return json.Unmarshal(data, (*both)(r))
}

// ports uses the first port of each range. Beyond is the first one behind a
// range that no other range holds.
func (a allow) ports() grant {
	g := grant{key: "hostPorts"}
	if len(a.HostPorts) == 0 {
		return g
	}
	var numbers []string
	for _, r := range a.HostPorts {
		numbers = append(numbers, strconv.Itoa(int(r.Min)))
	}
	g.text = "with host ports " + strings.Join(numbers, ", ")
	g.apply = func(p *corev1.Pod) {
		for _, r := range a.HostPorts {
			addPort(p, r.Min)
		}
	}
	for _, r := range a.HostPorts {
		next := r.Max + 1
		holds := func(r portRange) bool { return r.Min <= next && next <= r.Max }
		if next < 65536 && !slices.ContainsFunc(a.HostPorts, holds) {
			port := strconv.Itoa(int(next))
			g.beyond = append(g.beyond, change{port, "with host port " + port + " too", func(p *corev1.Pod) { addPort(p, next) }})
		}
	}
	return g
}

// volumes gives the grants of hostPaths and volumeTypes.
func (a allow) volumes() []grant { return []grant{a.paths(), a.types()} }

// paths mounts each path as it is allowed. Beyond is a sibling of it, and where
// only reading is allowed, a mount that can write.
func (a allow) paths() grant {
	g := grant{key: "hostPaths"}
	if len(a.HostPaths) == 0 {
		return g
	}
	var named []string
	for _, h := range a.HostPaths {
		at := h.Path + h.PathPrefix
		text := at
		if h.ReadOnly {
			text += ", read-only"
		}
		named = append(named, text)
	}
	g.text = "with hostPath " + strings.Join(named, " and ")
	g.apply = func(p *corev1.Pod) {
		for _, h := range a.HostPaths {
			mount(p, h.Path+h.PathPrefix, h.ReadOnly)
		}
	}
	first := a.HostPaths[0]
	sibling := path.Clean(first.Path+first.PathPrefix) + "-other"
	g.beyond = []change{{"path", "with hostPath " + sibling + " too", func(p *corev1.Pod) { mount(p, sibling, true) }}}
	if first.ReadOnly {
		at := first.Path + first.PathPrefix
		g.beyond = append(g.beyond, change{"write", "with hostPath " + at + " that it can write to", func(p *corev1.Pod) {
			for i, v := range p.Spec.Volumes {
				if v.HostPath != nil && v.HostPath.Path == at {
					mountOf(p, p.Spec.Volumes[i].Name).ReadOnly = false
				}
			}
		}})
	}
	return g
}

// types uses one volume of each type. Beyond is the first type that is not
// allowed.
func (a allow) types() grant {
	g := grant{key: "volumeTypes"}
	if len(a.VolumeTypes) == 0 {
		return g
	}
	sources := volumeSources()
	g.text = "with volumes of type " + join(a.VolumeTypes)
	g.apply = func(p *corev1.Pod) {
		for _, t := range a.VolumeTypes {
			p.Spec.Volumes = append(p.Spec.Volumes, corev1.Volume{Name: slug(t), VolumeSource: sources[t]})
		}
	}
	for _, t := range []string{"nfs", "iscsi", "glusterfs"} {
		if !slices.Contains(a.VolumeTypes, t) {
			g.beyond = []change{{t, "with a volume of type " + t + " too", func(p *corev1.Pod) {
				p.Spec.Volumes = append(p.Spec.Volumes, corev1.Volume{Name: slug(t), VolumeSource: sources[t]})
			}}}
			break
		}
	}
	return g
}
