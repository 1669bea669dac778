// Package proof holds tests of the chart as it is committed: what its values
// promise, rendered with Helm's code and judged with the API server's, held
// against Pod Security Admission's own checks. It has no code.
package proof
