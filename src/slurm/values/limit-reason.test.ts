import { expect, test } from "vitest";
import { parseLimitReason } from "./limit-reason.ts";

test.for([
  ["AssocGrpCpuLimit", "association", "GrpTRES", "cpu"],
  ["AssocGrpMemLimit", "association", "GrpTRES", "mem"],
  ["AssocGrpGRES", "association", "GrpTRES", "gres/"],
  ["AssocGrpCPUMinutesLimit", "association", "GrpTRESMins", "cpu"],
  ["AssocGrpCPURunMinutesLimit", "association", "GrpTRESRunMins", "cpu"],
  ["AssocGrpJobsLimit", "association", "GrpJobs", undefined],
  ["AssocGrpSubmitJobsLimit", "association", "GrpSubmitJobs", undefined],
  ["AssocGrpWallLimit", "association", "GrpWall", undefined],
  ["AssocMaxJobsLimit", "association", "MaxJobs", undefined],
  ["AssocMaxWallDurationPerJobLimit", "association", "MaxWallPJ", undefined],
  ["AssocMaxCpuPerJobLimit", "association", "MaxTRESPJ", "cpu"],
  ["AssocMaxCPUMinutesPerJobLimit", "association", "MaxTRESMinsPJ", "cpu"],
  ["QOSGrpNodeLimit", "qos", "GrpTRES", "node"],
  ["QOSGrpGRES", "qos", "GrpTRES", "gres/"],
  ["QOSMaxJobsPerUserLimit", "qos", "MaxJobsPU", undefined],
  ["QOSMaxSubmitJobPerUserLimit", "qos", "MaxSubmitJobsPU", undefined],
  ["QOSMaxJobsPerAccountLimit", "qos", "MaxJobsPA", undefined],
  ["QOSMaxCpuPerUserLimit", "qos", "MaxTRESPU", "cpu"],
  ["QOSMaxGRESPerUser", "qos", "MaxTRESPU", "gres/"],
  ["QOSMaxWallDurationPerJobLimit", "qos", "MaxWallPJ", undefined],
  ["QOSMaxCpuPerNode", "qos", "MaxTRESPN", "cpu"],
  ["QOSMinCpuNotSatisfied", "qos", "MinTRESPJ", "cpu"],
  ["MaxJobsPerAccount", "qos", "MaxJobsPA", undefined],
  ["MaxCpuPerAccount", "qos", "MaxTRESPA", "cpu"],
  ["QOSMinGRES", "qos", "MinTRESPJ", "gres/"],
] as const)("%s is the limit %s %s of %s", ([reason, of, key, tres]) => {
  expect(parseLimitReason(reason)).toEqual({ of, key, ...(tres !== undefined && { tres }) });
});

test.for(["Priority", "QOSNotAllowed", "AssociationJobLimit", "QOSUsageThreshold", "MaxMemPerLimit", ""])(
  "%j is none",
  (reason) => {
    expect(parseLimitReason(reason)).toBeUndefined();
  },
);
