{{- define "voicepin.name" -}}
{{- if contains "voicepin" .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-voicepin" (.Release.Name | trunc 41 | trimSuffix "-") }}{{ end }}
{{- end }}

{{- define "voicepin.labels" -}}
app.kubernetes.io/name: voicepin
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "voicepin.selector" -}}
app.kubernetes.io/name: voicepin
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "voicepin.baseUrl" -}}
{{- with .Values.ingress }}{{ if .enabled }}{{ if .tlsSecret }}https{{ else }}http{{ end }}://{{ .host }}{{ end }}{{ end }}
{{- end }}

{{/* The StatefulSet of a component ("web" or "worker"): each instance keeps its volume, so that what a crash leaves there is found again. */}}
{{- define "voicepin.statefulSet" -}}
{{- $values := .root.Values }}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ include "voicepin.name" .root }}-{{ .component }}
  labels:
    {{- include "voicepin.labels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
spec:
  serviceName: {{ include "voicepin.name" .root }}-{{ .component }}
  replicas: {{ .replicas }}
  podManagementPolicy: Parallel
  selector:
    matchLabels:
      {{- include "voicepin.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "voicepin.labels" .root | nindent 8 }}
        app.kubernetes.io/component: {{ .component }}
      annotations:
        checksum/secrets: {{ toJson $values.secrets | sha256sum }}
    spec:
      automountServiceAccountToken: false
      enableServiceLinks: false
      # SHUTDOWN_GRACE_MS and 20 s more.
      terminationGracePeriodSeconds: 40
      securityContext:
        runAsNonRoot: true
        runAsUser: 1000
        runAsGroup: 1000
        # The volume is given to this group.
        fsGroup: 1000
        fsGroupChangePolicy: OnRootMismatch
        seccompProfile:
          type: RuntimeDefault
      {{- with $values.image.pullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: voicepin
          image: {{ printf "%s:%s" $values.image.repository ($values.image.tag | default .root.Chart.AppVersion) }}
          imagePullPolicy: {{ $values.image.pullPolicy }}
          {{- if eq .component "worker" }}
          command: [node, dist/bin/worker.js]
          {{- end }}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
          ports:
            - name: http
              containerPort: 3000
          env:
            - name: PORT
              value: '3000'
            {{- if eq .component "worker" }}
            - name: WORKER_PORT
              value: '3000'
            {{- else if $values.worker.enabled }}
            - name: BACKGROUND
              value: 'off'
            {{- end }}
            {{- if and $values.ingress.enabled (not (hasKey $values.config "TRUSTED_PROXIES")) }}
            - name: TRUSTED_PROXIES
              value: '1'
            {{- end }}
            {{- with include "voicepin.baseUrl" .root }}
            {{- if not (hasKey $values.config "PUBLIC_BASE_URL") }}
            - name: PUBLIC_BASE_URL
              value: {{ . | quote }}
            {{- end }}
            {{- end }}
            {{- range $name, $value := $values.config }}
            - name: {{ $name }}
              value: {{ $value | toString | quote }}
            {{- end }}
          {{- if or $values.secrets $values.existingSecret }}
          envFrom:
            {{- if $values.secrets }}
            - secretRef:
                name: {{ include "voicepin.name" .root }}
            {{- end }}
            {{- with $values.existingSecret }}
            - secretRef:
                name: {{ . }}
            {{- end }}
          {{- end }}
          # A start may wait for the database, and for the tables that another instance makes.
          startupProbe:
            httpGet: { path: /api/health, port: http }
            periodSeconds: 2
            failureThreshold: 60
          livenessProbe:
            httpGet: { path: /api/health, port: http }
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 6
          readinessProbe:
            httpGet: { path: /api/health/ready, port: http }
            periodSeconds: 5
            timeoutSeconds: 5
          resources:
            {{- toYaml $values.resources | nindent 12 }}
          volumeMounts:
            - name: data
              mountPath: /data
            - name: tmp
              mountPath: /tmp
      volumes:
        - name: tmp
          emptyDir: {}
      {{- with $values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.affinity }}
      affinity:
        {{- toYaml . | nindent 8 }}
      {{- end }}
  volumeClaimTemplates:
    - metadata:
        name: data
        labels:
          {{- include "voicepin.selector" . | nindent 10 }}
      spec:
        accessModes: [ReadWriteOnce]
        {{- with $values.persistence.storageClass }}
        storageClassName: {{ . }}
        {{- end }}
        resources:
          requests:
            storage: {{ $values.persistence.size }}
---
# Names the instances, as a StatefulSet wants it.
apiVersion: v1
kind: Service
metadata:
  name: {{ include "voicepin.name" .root }}-{{ .component }}
  labels:
    {{- include "voicepin.labels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
spec:
  clusterIP: None
  publishNotReadyAddresses: true
  selector:
    {{- include "voicepin.selector" . | nindent 4 }}
  ports:
    - name: http
      port: 3000
      targetPort: http
{{- end }}
