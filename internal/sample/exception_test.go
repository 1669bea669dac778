package sample_test

import (
	"fmt"
	"testing"

	"github.com/vapchart/vapchart/internal/exception"
	"github.com/vapchart/vapchart/internal/pss"
	"github.com/vapchart/vapchart/internal/sample"
)

// TestEveryKeyHasSamples holds that each key can be used by a pod that the API
// takes, and that what is beyond is another pod that it takes too.
func TestEveryKeyHasSamples(t *testing.T) {
	examples := map[string]any{
		"hostPaths": []any{map[string]any{"path": "/data", "readOnly": true}}, "hostPorts": []any{8080, map[string]any{"min": 90, "max": 92}},
		"capabilities": []any{"SYS_PTRACE"}, "sysctls": []any{"kernel.sem"}, "seLinuxTypes": []any{"spc_t"},
	}
	base := pss.Probes()[0].Pod
	for _, k := range exception.Keys() {
		given := []any{examples[k.Name]}
		switch k.Kind {
		case exception.Bool:
			given = []any{true}
		case exception.Enum:
			given = nil
			for _, word := range k.Words {
				given = append(given, []any{word})
			}
		}
		for _, value := range given {
			allow := map[string]any{k.Name: value}
			count := map[string]int{}
			for _, s := range sample.ExceptionPods(base, map[string]map[string]any{"e": allow}) {
				if s.Exception != "e" || s.Key != "" && s.Key != k.Name || s.Text == "" {
					t.Errorf("%s %v gives %+v", k.Name, value, s)
				}
				if sample.Same(s.Pod, base) {
					t.Errorf("%s %v: a pod %s is the base", k.Name, value, s.Text)
				}
				valid := sample.Valid(s.Pod, "1.99")
				if !valid && s.Key != "" {
					t.Errorf("%s %v: the API would not take a pod %s: %+v", k.Name, value, s.Text, s.Pod.Spec)
				}
				if valid {
					count[fmt.Sprint(s.Key != "", s.Allowed)]++
				}
			}
			for _, kind := range []string{"true true", "false true", "false false"} {
				if count[kind] == 0 {
					t.Errorf("%s %v: %v samples by whether they try the key and are allowed", k.Name, value, count)
				}
			}
		}
	}
}

// TestSamplesOfAllKeys holds that all keys can be used at once, as far as the API
// takes that: HostProcess excludes what is for Linux.
func TestSamplesOfAllKeys(t *testing.T) {
	allow := map[string]any{
		"hostPaths": []any{map[string]any{"path": "/data"}}, "volumeTypes": []any{"nfs"}, "privileged": true, "privilegeEscalation": true,
		"seLinuxTypes": []any{"a_t", "b_t"}, "seccompProfiles": []any{"Unconfined", "Undefined"},
	}
	for _, s := range sample.ExceptionPods(pss.Probes()[0].Pod, map[string]map[string]any{"e": allow}) {
		if s.Key != "" || !s.Allowed {
			continue
		}
		spec := s.Pod.Spec
		if !sample.Valid(s.Pod, "1.99") || len(spec.Volumes) != 2 || spec.Volumes[0].HostPath == nil || spec.Volumes[1].NFS == nil ||
			!*spec.Containers[0].SecurityContext.Privileged || spec.SecurityContext.SELinuxOptions.Type != "a_t" ||
			spec.SecurityContext.SeccompProfile.Type != "Unconfined" {
			t.Errorf("got %+v", spec)
		}
		return
	}
	t.Error("nothing uses all of it")
}
