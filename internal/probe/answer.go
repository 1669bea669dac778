package probe

import (
	"regexp"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Verdict is what a cluster answered.
type Verdict string

// The verdicts.
const (
	Admitted    Verdict = "admitted"
	Denied      Verdict = "denied"      // by an admission policy
	PodSecurity Verdict = "podSecurity" // refused by Pod Security Admission
	Refused     Verdict = "refused"     // by anything else: a webhook, a quota, permissions, the API's own validation
)

// Answer is what a cluster says to a pod.
type Answer struct {
	Verdict  Verdict `json:"verdict"`
	Denial   *Said   `json:"denial,omitempty"`   // the one that it tells
	Warnings []Said  `json:"warnings,omitempty"` // of admission policies, each once
	Words    string  `json:"words,omitempty"`    // of a refusal that is no policy's

	stored *corev1.Pod // as it would be stored, where it was admitted
}

// Refusal gives the answer that the words of a refusal are.
func Refusal(words string, warnings []string) Answer {
	a := Answer{Warnings: warningsOf(warnings)}
	// The name is made up by the cluster, and another each time.
	words = regexp.MustCompile(`^[Pp]ods? "[^"]*" is (forbidden|invalid): `).ReplaceAllString(words, "")
	denial := regexp.MustCompile(`^ValidatingAdmissionPolicy '([^']*)' (?:with binding '[^']*' )?denied request: `)
	switch m := denial.FindStringSubmatch(words); {
	case m != nil:
		a.Verdict = Denied
		a.Denial = &Said{Policy: m[1], Message: words[len(m[0]):]}
	case strings.HasPrefix(words, "violates PodSecurity "):
		a.Verdict, a.Words = PodSecurity, words
	default:
		a.Verdict, a.Words = Refused, words
	}
	return a
}

// Admission gives the answer to a pod that was admitted; stored is the pod as the
// cluster would keep it, nil where that is not known.
func Admission(stored *corev1.Pod, warnings []string) Answer {
	return Answer{Verdict: Admitted, Warnings: warningsOf(warnings), stored: stored}
}

// warningsOf gives the warnings that policies gave, without those of others.
func warningsOf(texts []string) []Said {
	warning := regexp.MustCompile(`^Validation failed for ValidatingAdmissionPolicy '([^']*)' with binding '[^']*': `)
	var out []Said
	for _, text := range texts {
		m := warning.FindStringSubmatch(text)
		if m != nil && !says(out, m[1]) {
			out = append(out, Said{Policy: m[1], Message: text[len(m[0]):]})
		}
	}
	return out
}
