package sample

import (
	"encoding/json"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// volumeSources gives a volume of every type with just the fields that the API
// wants, by the type's name.
func volumeSources() map[string]corev1.VolumeSource {
	one := int32(1)
	return map[string]corev1.VolumeSource{
		"awsElasticBlockStore":  {AWSElasticBlockStore: &corev1.AWSElasticBlockStoreVolumeSource{VolumeID: "v"}},
		"azureDisk":             {AzureDisk: &corev1.AzureDiskVolumeSource{DiskName: "v", DataDiskURI: "https://disks.example/v.vhd"}},
		"azureFile":             {AzureFile: &corev1.AzureFileVolumeSource{SecretName: "v", ShareName: "v"}},
		"cephfs":                {CephFS: &corev1.CephFSVolumeSource{Monitors: []string{"192.0.2.1"}}},
		"cinder":                {Cinder: &corev1.CinderVolumeSource{VolumeID: "v"}},
		"configMap":             {ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: "v"}}},
		"csi":                   {CSI: &corev1.CSIVolumeSource{Driver: "driver.example"}},
		"downwardAPI":           {DownwardAPI: &corev1.DownwardAPIVolumeSource{}},
		"emptyDir":              {EmptyDir: &corev1.EmptyDirVolumeSource{}},
		"fc":                    {FC: &corev1.FCVolumeSource{TargetWWNs: []string{"500a0981891b8dc5"}, Lun: &one}},
		"flexVolume":            {FlexVolume: &corev1.FlexVolumeSource{Driver: "driver.example/v"}},
		"flocker":               {Flocker: &corev1.FlockerVolumeSource{DatasetName: "v"}},
		"gcePersistentDisk":     {GCEPersistentDisk: &corev1.GCEPersistentDiskVolumeSource{PDName: "v"}},
		"gitRepo":               {GitRepo: &corev1.GitRepoVolumeSource{Repository: "https://git.example/v"}},
		"glusterfs":             {Glusterfs: &corev1.GlusterfsVolumeSource{EndpointsName: "v", Path: "v"}},
		"hostPath":              {HostPath: &corev1.HostPathVolumeSource{Path: "/v"}},
		"image":                 {Image: &corev1.ImageVolumeSource{Reference: "registry.example/v:1"}},
		"iscsi":                 {ISCSI: &corev1.ISCSIVolumeSource{TargetPortal: "192.0.2.1:3260", IQN: "iqn.2001-04.com.example:storage.v"}},
		"nfs":                   {NFS: &corev1.NFSVolumeSource{Server: "192.0.2.1", Path: "/v"}},
		"persistentVolumeClaim": {PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "v"}},
		"photonPersistentDisk":  {PhotonPersistentDisk: &corev1.PhotonPersistentDiskVolumeSource{PdID: "v"}},
		"portworxVolume":        {PortworxVolume: &corev1.PortworxVolumeSource{VolumeID: "v"}},
		"projected":             {Projected: &corev1.ProjectedVolumeSource{}},
		"quobyte":               {Quobyte: &corev1.QuobyteVolumeSource{Registry: "192.0.2.1:7861", Volume: "v"}},
		"rbd":                   {RBD: &corev1.RBDVolumeSource{CephMonitors: []string{"192.0.2.1"}, RBDImage: "v"}},
		"scaleIO": {ScaleIO: &corev1.ScaleIOVolumeSource{Gateway: "https://scaleio.example", System: "v", VolumeName: "v",
			SecretRef: &corev1.LocalObjectReference{Name: "v"}}},
		"secret":        {Secret: &corev1.SecretVolumeSource{SecretName: "v"}},
		"storageos":     {StorageOS: &corev1.StorageOSVolumeSource{VolumeName: "v"}},
		"vsphereVolume": {VsphereVolume: &corev1.VsphereVirtualDiskVolumeSource{VolumePath: "v"}},
	}
}

// Volume gives a volume of a type with just the fields that the API wants; empty
// for a type that there is not.
func Volume(name string) corev1.VolumeSource { return volumeSources()[name] }

// fillVolumes gives a pod's volumes that have nothing but a type the fields that
// the API wants.
func fillVolumes(p *corev1.Pod) {
	sources := volumeSources()
	for i, v := range p.Spec.Volumes {
		if name := bareType(v.VolumeSource); name != "" {
			if filled, ok := sources[name]; ok {
				p.Spec.Volumes[i].VolumeSource = filled
			}
		}
	}
}

// bareType gives the type of a volume that has nothing but that; empty for one
// with more.
func bareType(v corev1.VolumeSource) string {
	fields := volumeFields(v)
	if len(fields) != 1 {
		return ""
	}
	name := slices.Collect(maps.Keys(fields))[0]
	for _, value := range fields[name] {
		if value != "" && value != nil && !emptyList(value) && !emptyMap(value) {
			return ""
		}
	}
	return name
}

func emptyList(v any) bool { l, ok := v.([]any); return ok && len(l) == 0 }

func emptyMap(v any) bool { m, ok := v.(map[string]any); return ok && len(m) == 0 }

// validSource says whether a volume has one type, and the fields which that type
// must have.
func validSource(v corev1.VolumeSource) bool {
	fields := volumeFields(v)
	if len(fields) != 1 {
		return false
	}
	for name, has := range fields {
		want, known := volumeSources()[name]
		if !known {
			return false
		}
		for field := range volumeFields(want)[name] {
			if value := has[field]; value == nil || value == "" || emptyList(value) {
				return false
			}
		}
	}
	return true
}

// volumeFields gives the fields of a volume as they are written, by type.
func volumeFields(v corev1.VolumeSource) map[string]map[string]any {
	out := map[string]map[string]any{}
	data, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(data, &out)
	}
	if err != nil {
		return nil
	}
	return out
}
