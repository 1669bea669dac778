package admission

import (
	"math"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// The defaults of the kinds that make pods. Host ports are not among those of
// a template: in the host's network they are set on the pod alone.

func defaultReplicationController(rc *corev1.ReplicationController) {
	fillPtr(&rc.Spec.Replicas, 1)
	if rc.Spec.Template == nil {
		return
	}
	// An object selector of a policy sees the template's labels.
	if labels := rc.Spec.Template.Labels; labels != nil {
		if len(rc.Spec.Selector) == 0 {
			rc.Spec.Selector = labels
		}
		if len(rc.Labels) == 0 {
			rc.Labels = labels
		}
	}
	defaultPodSpec(&rc.Spec.Template.Spec)
}

func defaultDeployment(d *appsv1.Deployment) {
	// A policy on availability compares replicas without has().
	fillPtr(&d.Spec.Replicas, 1)
	fill(&d.Spec.Strategy.Type, appsv1.RollingUpdateDeploymentStrategyType)
	if d.Spec.Strategy.Type == appsv1.RollingUpdateDeploymentStrategyType {
		fillPtr(&d.Spec.Strategy.RollingUpdate, appsv1.RollingUpdateDeployment{})
		fillPtr(&d.Spec.Strategy.RollingUpdate.MaxUnavailable, intstr.FromString("25%"))
		fillPtr(&d.Spec.Strategy.RollingUpdate.MaxSurge, intstr.FromString("25%"))
	}
	fillPtr(&d.Spec.RevisionHistoryLimit, 10)
	fillPtr(&d.Spec.ProgressDeadlineSeconds, 600)
	defaultPodSpec(&d.Spec.Template.Spec)
}

func defaultStatefulSet(s *appsv1.StatefulSet) {
	fillPtr(&s.Spec.Replicas, 1)
	fill(&s.Spec.PodManagementPolicy, appsv1.OrderedReadyPodManagement)
	if s.Spec.UpdateStrategy.Type == "" {
		s.Spec.UpdateStrategy.Type = appsv1.RollingUpdateStatefulSetStrategyType
		fillPtr(&s.Spec.UpdateStrategy.RollingUpdate, appsv1.RollingUpdateStatefulSetStrategy{})
	}
	if r := s.Spec.UpdateStrategy.RollingUpdate; r != nil &&
		s.Spec.UpdateStrategy.Type == appsv1.RollingUpdateStatefulSetStrategyType {
		fillPtr(&r.Partition, 0)
	}
	fillPtr(&s.Spec.PersistentVolumeClaimRetentionPolicy, appsv1.StatefulSetPersistentVolumeClaimRetentionPolicy{})
	fill(&s.Spec.PersistentVolumeClaimRetentionPolicy.WhenDeleted, appsv1.RetainPersistentVolumeClaimRetentionPolicyType)
	fill(&s.Spec.PersistentVolumeClaimRetentionPolicy.WhenScaled, appsv1.RetainPersistentVolumeClaimRetentionPolicyType)
	fillPtr(&s.Spec.RevisionHistoryLimit, 10)
	for i := range s.Spec.VolumeClaimTemplates {
		fillPtr(&s.Spec.VolumeClaimTemplates[i].Spec.VolumeMode, corev1.PersistentVolumeFilesystem)
	}
	defaultPodSpec(&s.Spec.Template.Spec)
}

func defaultDaemonSet(d *appsv1.DaemonSet) {
	fill(&d.Spec.UpdateStrategy.Type, appsv1.RollingUpdateDaemonSetStrategyType)
	if d.Spec.UpdateStrategy.Type == appsv1.RollingUpdateDaemonSetStrategyType {
		fillPtr(&d.Spec.UpdateStrategy.RollingUpdate, appsv1.RollingUpdateDaemonSet{})
		fillPtr(&d.Spec.UpdateStrategy.RollingUpdate.MaxUnavailable, intstr.FromInt32(1))
		fillPtr(&d.Spec.UpdateStrategy.RollingUpdate.MaxSurge, intstr.FromInt32(0))
	}
	fillPtr(&d.Spec.RevisionHistoryLimit, 10)
	defaultPodSpec(&d.Spec.Template.Spec)
}

func defaultJob(job *batchv1.Job) {
	defaultJobSpec(&job.Spec)
	if labels := job.Spec.Template.Labels; labels != nil && len(job.Labels) == 0 {
		job.Labels = labels
	}
	if job.Spec.Completions == nil && job.Spec.Parallelism == nil {
		fillPtr(&job.Spec.Completions, 1)
	}
	fillPtr(&job.Spec.Parallelism, 1)
	if job.Spec.BackoffLimitPerIndex != nil {
		fillPtr(&job.Spec.BackoffLimit, math.MaxInt32)
	}
	fillPtr(&job.Spec.BackoffLimit, 6)
	fillPtr(&job.Spec.CompletionMode, batchv1.NonIndexedCompletion)
	fillPtr(&job.Spec.Suspend, false)
	if job.Spec.PodFailurePolicy != nil {
		fillPtr(&job.Spec.PodReplacementPolicy, batchv1.Failed)
	}
	fillPtr(&job.Spec.PodReplacementPolicy, batchv1.TerminatingOrFailed)
	fillPtr(&job.Spec.ManualSelector, false)
}

func defaultCronJob(c *batchv1.CronJob) {
	fill(&c.Spec.ConcurrencyPolicy, batchv1.AllowConcurrent)
	fillPtr(&c.Spec.Suspend, false)
	fillPtr(&c.Spec.SuccessfulJobsHistoryLimit, 3)
	fillPtr(&c.Spec.FailedJobsHistoryLimit, 1)
	defaultJobSpec(&c.Spec.JobTemplate.Spec)
}

// defaultJobSpec sets the defaults that a job and a job template get.
func defaultJobSpec(spec *batchv1.JobSpec) {
	defaultPodSpec(&spec.Template.Spec)
	if spec.PodFailurePolicy == nil {
		return
	}
	for _, rule := range spec.PodFailurePolicy.Rules {
		for i := range rule.OnPodConditions {
			fill(&rule.OnPodConditions[i].Status, corev1.ConditionTrue)
		}
	}
}
