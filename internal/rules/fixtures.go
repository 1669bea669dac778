package rules

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
)

// fixture is a pod of a test suite that is laid out as Pod Security Admission's:
// <profile>/<version>/<pass or fail>/<control><number>.yaml.
type fixture struct {
	profile policy.Profile
	minor   int
	fails   bool
	control string // in lower case
	pod     *corev1.Pod
}

// readFixtures reads all of a folder. The error joins what is wrong with any.
func readFixtures(dir string) ([]fixture, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*", "v1.*", "*", "*.yaml"))
	if err == nil && len(files) == 0 {
		err = errors.New("it holds no <profile>/<version>/<pass or fail>/<control><number>.yaml")
	}
	if err != nil {
		return nil, fmt.Errorf("read fixtures %s: %w", dir, err)
	}
	var out []fixture
	var errs []error
	for _, file := range files {
		f, err := readFixture(dir, file)
		if err != nil {
			errs = append(errs, fmt.Errorf("read fixture: %w", err))
			continue
		}
		out = append(out, f)
	}
	return out, errors.Join(errs...)
}

func readFixture(dir, file string) (fixture, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return fixture{}, err
	}
	doc, err := manifest.One(filepath.ToSlash(file), data)
	if err != nil {
		return fixture{}, err
	}
	object, err := admission.Decode(doc)
	if err != nil {
		return fixture{}, err
	}
	rel, err := filepath.Rel(dir, file)
	if err != nil {
		return fixture{}, err
	}
	part := strings.Split(filepath.ToSlash(rel), "/")
	minor, err := strconv.Atoi(strings.TrimPrefix(part[1], "v1."))
	if err != nil {
		return fixture{}, doc.Errorf("its folder %q is no version", part[1])
	}
	pod := &corev1.Pod{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, pod); err != nil {
		return fixture{}, doc.Errorf("%v", err)
	}
	name := strings.TrimRight(strings.TrimSuffix(part[3], ".yaml"), "0123456789")
	return fixture{profile: policy.Profile(part[0]), minor: minor, fails: part[2] == "fail", control: strings.ToLower(name), pod: pod}, nil
}

// countFixtures has the rules of each edition judge the fixtures of its versions,
// and counts for each row of the coverage how many get the verdict that their
// folder says. What names no control counts for all of them together.
func countFixtures(ctx context.Context, editions []Version, all []fixture, facts *Coverage) error {
	for i, e := range editions {
		from, until := policy.MinorOf(e.version), policy.MinorOf("")
		if i+1 < len(editions) {
			until = policy.MinorOf(editions[i+1].version)
		}
		of := slices.DeleteFunc(slices.Clone(all), func(f fixture) bool { return f.minor < from || f.minor >= until })
		rules := slices.DeleteFunc(slices.Clone(e.assessed.Rules), func(r policy.Rule) bool { return r.Profile == policy.Other })
		var pods []*corev1.Pod
		for _, f := range of {
			pods = append(pods, f.pod)
		}
		refused, err := newEvaluator().refuses(ctx, rules, pods)
		if err != nil {
			return err
		}
		for k, f := range of {
			fails := false
			for n, r := range rules {
				fails = fails || refused[n][k] && (r.Profile == policy.Baseline || f.profile == policy.Restricted)
			}
			count, right := &facts.Fixtures, &facts.FixturesRight
			if row := rowOf(facts.Controls, f.control, e.version); row != nil {
				count, right = &row.Fixtures, &row.FixturesRight
			}
			*count++
			if fails == f.fails {
				*right++
			}
		}
	}
	return nil
}

// rowOf gives the row of a control for a version.
func rowOf(rows []Covered, control, version string) *Covered {
	for i, r := range rows {
		if strings.ToLower(string(r.Control)) == control && policy.MinorOf(r.Since) <= policy.MinorOf(version) && (r.Until == "" || policy.MinorOf(version) < policy.MinorOf(r.Until)) {
			return &rows[i]
		}
	}
	return nil
}
