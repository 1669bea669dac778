// Package cluster owns a Kubernetes control plane for tests: etcd, kube-apiserver
// and kube-controller-manager, built from their Go modules, run as processes on
// loopback. There is no node: pods are admitted and stored, and never run.
//
// The binaries are built once and kept in the user's cache, in a folder named
// after the versions. Everything else lives in a temporary folder that Stop
// removes.
package cluster
