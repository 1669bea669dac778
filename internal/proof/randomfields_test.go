package proof_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// fields gives what the standard reads of a pod, each with the number of
// different values that are told apart. Of a container it stands for all kinds.
func fields() map[string]int {
	ofBoth := map[string]int{
		"runAsNonRoot": 2, "runAsUser": 4, "seccompProfile.type": 5, "appArmorProfile.type": 5,
		"seLinuxOptions.type": 6, "seLinuxOptions.user": 2, "seLinuxOptions.role": 2, "windowsOptions.hostProcess": 2,
	}
	ofContainers := map[string]int{
		"securityContext.privileged": 2, "securityContext.allowPrivilegeEscalation": 2, "securityContext.procMount": 4,
		"securityContext.capabilities.add[]": 20, "securityContext.capabilities.drop[]": 5, "ports[].hostPort": 5,
	}
	for _, handler := range []string{"livenessProbe", "readinessProbe", "startupProbe", "lifecycle.postStart", "lifecycle.preStop"} {
		ofContainers[handler+".httpGet.host"], ofContainers[handler+".tcpSocket.host"] = 2, 2
	}
	out := map[string]int{
		"metadata.annotations." + corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix: 8,
		"metadata.annotations." + corev1.SeccompContainerAnnotationKeyPrefix:                8,
		"metadata.annotations." + corev1.SeccompPodAnnotationKey:                            8,
		"spec.hostNetwork": 1, "spec.hostPID": 1, "spec.hostIPC": 1, // false is left out
		"spec.hostUsers": 2, "spec.os.name": 2, "spec.securityContext.sysctls[].name": 20, "spec.volumes[].hostPath.path": 3,
	}
	for name, n := range ofBoth {
		out["spec.securityContext."+name], ofContainers["securityContext."+name] = n, n
	}
	for _, kind := range []string{"containers", "initContainers", "ephemeralContainers"} {
		for name, n := range ofContainers {
			out["spec."+kind+"[]."+name] = n
		}
	}
	return out
}

// TestRandomPodsHaveEverything holds that random pods reach every field that the
// standard reads: by the list above with the values, and by what the code of Pod
// Security Admission names, so that a field new to it is found here.
func TestRandomPodsHaveEverything(t *testing.T) {
	seen, named := map[string]map[string]bool{}, map[string]bool{}
	for i := range uint64(12_000) {
		pod := randomPod(seeded(2, i))
		fieldsOf(reflect.ValueOf(pod), named)
		content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(pod)
		if err != nil {
			t.Fatal(err)
		}
		valuesOf(content, "", func(path, value string) {
			if seen[path] == nil {
				seen[path] = map[string]bool{}
			}
			seen[path][value] = true
		})
	}
	for path, want := range fields() {
		if got := slices.Sorted(maps.Keys(seen[path])); len(got) < want {
			t.Errorf("%s: random pods have %q there, want %d values", path, got, want)
		}
	}
	known := map[string]bool{}
	namesOf(reflect.TypeFor[corev1.PodSpec](), known, map[reflect.Type]bool{})
	read := 0
	for name := range selectedByChecks(t) {
		if known[name] {
			read++
			if !named[name] {
				t.Errorf("Pod Security Admission reads a field %s, which no random pod has", name)
			}
		}
	}
	if read < 50 {
		t.Errorf("only %d fields found that Pod Security Admission reads", read)
	}
}

// valuesOf visits every value within an object that is not an object itself.
func valuesOf(value any, path string, visit func(path, value string)) {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			if before, _, ok := strings.Cut(key, "/"); ok && path == "metadata.annotations" {
				key = before + "/"
				if v[corev1.SeccompPodAnnotationKey] == inner {
					visit(path+"."+corev1.SeccompPodAnnotationKey, fmt.Sprint(inner))
				}
			}
			valuesOf(inner, strings.TrimPrefix(path+"."+key, "."), visit)
		}
	case []any:
		for _, inner := range v {
			valuesOf(inner, path+"[]", visit)
		}
	default:
		visit(path, fmt.Sprint(v))
	}
}

// fieldsOf collects the names of all Go fields that are set.
func fieldsOf(v reflect.Value, into map[string]bool) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			fieldsOf(v.Elem(), into)
		}
	case reflect.Slice:
		for i := range v.Len() {
			fieldsOf(v.Index(i), into)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() && !v.Field(i).IsZero() {
				into[field.Name] = true
				fieldsOf(v.Field(i), into)
			}
		}
	}
}

// namesOf collects the names of all Go fields of a type and those below it.
func namesOf(t reflect.Type, into map[string]bool, done map[reflect.Type]bool) {
	switch {
	case done[t]:
	case t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice:
		namesOf(t.Elem(), into, done)
	case t.Kind() == reflect.Struct:
		done[t] = true
		for i := range t.NumField() {
			into[t.Field(i).Name] = true
			namesOf(t.Field(i).Type, into, done)
		}
	}
}

// selectedByChecks gives every name that stands behind a dot in the code of Pod
// Security Admission's checks.
func selectedByChecks(t *testing.T) map[string]bool {
	t.Helper()
	dir, err := exec.Command("go", "list", "-f", "{{.Dir}}", "k8s.io/pod-security-admission/policy").Output()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(dir)), "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	for _, file := range slices.DeleteFunc(files, func(f string) bool { return strings.HasSuffix(f, "_test.go") }) {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				out[s.Sel.Name] = true
			}
			return true
		})
	}
	return out
}
