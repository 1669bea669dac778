package proof_test

import (
	"reflect"

	corev1 "k8s.io/api/core/v1"
)

// volume gives a volume of any source that the API knows, which must be no more
// than there; or of none, which the API takes for an emptyDir.
func (m *podmaker) volume(name string) corev1.Volume {
	v := corev1.Volume{Name: name}
	if m.odd(6) {
		source := reflect.ValueOf(&v.VolumeSource).Elem()
		// The first of all is hostPath, which is to be there more often.
		if i := max(0, m.below(source.NumField()+5)-4); i < source.NumField() {
			source.Field(i).Set(reflect.New(source.Field(i).Type().Elem()))
		}
		if v.HostPath != nil {
			v.HostPath.Path = pick(m.choices, "/", "/var/log", "")
		}
		return v
	}
	switch m.below(6) {
	case 0:
		v.EmptyDir = &corev1.EmptyDirVolumeSource{}
	case 1:
		v.ConfigMap = &corev1.ConfigMapVolumeSource{}
	case 2:
		v.Secret = &corev1.SecretVolumeSource{SecretName: "s"}
	case 3:
		v.PersistentVolumeClaim = &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "c"}
	case 4:
		v.Projected = &corev1.ProjectedVolumeSource{Sources: []corev1.VolumeProjection{{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{Path: "t"}}}}
	case 5:
		v.Image = &corev1.ImageVolumeSource{Reference: "registry.example/files:1"}
	}
	return v
}
