package sample

import (
	"encoding/json"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/tree"
	"github.com/vapchart/vapchart/internal/upstream"
)

// testResource is a pod of an upstream test, or what makes pods.
type testResource struct {
	Object           runtime.Object
	Kind, Name, File string
}

// TestResources gives those of a policy's own tests. What does not decode is left out:
// an API server would refuse it for that.
func TestResources(vendored tree.Tree, policyFile string) []testResource {
	var out []testResource
	for _, file := range upstream.Tests(vendored, policyFile) {
		docs, err := manifest.Split(file, vendored[file])
		if err != nil {
			continue
		}
		for _, doc := range docs {
			object, name, err := typedObject(doc)
			if err != nil || object == nil {
				continue
			}
			_, kind := doc.TypeMeta()
			out = append(out, testResource{object, kind, name, file})
		}
	}
	return out
}

// typedObject gives the object of a document as it is written there, without the
// API's defaults, if it is a pod or makes some; nil for other kinds.
func typedObject(doc manifest.Document) (object runtime.Object, name string, err error) {
	apiVersion, kind := doc.TypeMeta()
	switch apiVersion + " " + kind {
	case "v1 Pod":
		object = &corev1.Pod{}
	case "apps/v1 Deployment":
		object = &appsv1.Deployment{}
	case "apps/v1 StatefulSet":
		object = &appsv1.StatefulSet{}
	case "apps/v1 DaemonSet":
		object = &appsv1.DaemonSet{}
	case "batch/v1 Job":
		object = &batchv1.Job{}
	case "batch/v1 CronJob":
		object = &batchv1.CronJob{}
	default:
		return nil, "", nil
	}
	strict, err := admission.Decode(doc) // finds fields that there are not
	if err != nil {
		return nil, "", err
	}
	data, err := doc.JSON()
	if err == nil {
		err = json.Unmarshal(data, object)
	}
	if err != nil {
		return nil, "", fmt.Errorf("read %s: %w", doc.File, err)
	}
	if named, ok := object.(interface{ SetNamespace(string) }); ok {
		named.SetNamespace("")
	}
	return object, strict.GetName(), nil
}
