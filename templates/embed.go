// Package templates owns the text that the tool writes, apart from the policies
// themselves, and the engine that fills it in: Go templates with [[ ]] as delimiters,
// for Helm's {{ }} pass through untouched, and a fixed list of functions whose output
// depends on nothing but their input. A key that the data does not have is an error.
package templates

import "embed"

// Chart is the Helm chart: chart/ with a .tmpl ending on each file that the
// tool fills in.
//
//go:embed all:chart
var Chart embed.FS

// Chainsaw is the comments at the head of the generated Chainsaw tests.
//
//go:embed chainsaw
var Chainsaw embed.FS

// Overlay is what a cluster's overlay is made of besides the chart's objects: what
// is generated with them, and the files by hand that the overlay of a cluster and
// the folder of a group begin with.
//
//go:embed overlay
var Overlay embed.FS

// Release is the texts of a release bundle; those with a .tmpl ending are filled
// in.
//
//go:embed release
var Release embed.FS

// Bump is the entries of CHANGELOG.md, and the head that a new one gets.
//
//go:embed bump
var Bump embed.FS
